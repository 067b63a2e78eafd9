import type { Sentence } from '../sentences.ts';

/** Answers of the API that a reader meets in the course of work. */
const ANSWERS: readonly Sentence[] = [
  [
    'the study has changed since it was shown',
    'Die Untersuchung hat sich geändert, seit sie gezeigt wurde.',
  ],
  [
    'another reader has this study open: take it over first',
    'Jemand anderes hat diese Untersuchung geöffnet: Übernehmen Sie sie zuerst.',
  ],
  ['the study is of another patient', 'die Untersuchung gehört zu einem anderen Patienten'],
  ['there is no such study', 'Diese Untersuchung gibt es nicht.'],
  ['no such study', 'Diese Untersuchung gibt es nicht.'],
  ['there is nothing under this address', 'Unter dieser Adresse gibt es nichts.'],
  ['user name or password is wrong', 'Benutzername oder Passwort ist falsch.'],
  ['log in', 'Melden Sie sich an.'],
  ['your account has no role that may do this', 'Ihr Konto hat keine Rolle, die dies erlaubt.'],
  [
    'only its own reader can take a review back',
    'Nur wer freigegeben hat, kann die Freigabe zurücknehmen.',
  ],
  ['the review was taken back already', 'Die Freigabe wurde bereits zurückgenommen.'],
  ['only administrators share views', 'Nur die Verwaltung teilt Ansichten.'],
];

/** Of the list of problems, as in site-sentences.ts. */
const STUDIES: readonly Sentence[] = [
  [
    '1 study has been receiving for over an hour',
    '1 Untersuchung ist seit über einer Stunde im Empfang',
  ],
  [
    '{#count} studies have been receiving for over an hour',
    '{count} Untersuchungen sind seit über einer Stunde im Empfang',
  ],
  ['The oldest: {why}.', 'Die älteste: {why}.'],
  [
    'Look at what it waits for; send the rest, or adjust the completeness rules.',
    'Sehen Sie, worauf sie wartet; senden Sie den Rest, oder passen Sie die Regeln der Vollständigkeit an.',
  ],
  [
    '1 study has been queued for over 15 minutes',
    '1 Untersuchung ist seit über 15 Minuten in der Warteschlange',
  ],
  [
    '{#count} studies have been queued for over 15 minutes',
    '{count} Untersuchungen sind seit über 15 Minuten in der Warteschlange',
  ],
  ['The workers do not keep up.', 'Die Worker kommen nicht nach.'],
  [
    'Raise inference.processes, or start further workers.',
    'Erhöhen Sie inference.processes, oder starten Sie weitere Worker.',
  ],
  [
    '1 report of other systems named another patient',
    '1 Befundmeldung eines anderen Systems nannte einen anderen Patienten',
  ],
  [
    '{#count} reports of other systems named another patient',
    '{count} Befundmeldungen anderer Systeme nannten einen anderen Patienten',
  ],
  [
    'Nothing was done about them: their studies stand on the worklist.',
    'Nichts wurde geändert: Die Untersuchungen stehen auf der Arbeitsliste.',
  ],
  [
    'Look at the number and the patient of each in both systems, then dismiss it.',
    'Vergleichen Sie Nummer und Patient in beiden Systemen, und verwerfen Sie die Meldung dann.',
  ],
  [
    '1 patient was merged in another system',
    '1 Patient wurde in einem anderen System zusammengeführt',
  ],
  [
    '{#count} patients were merged in another system',
    '{count} Patienten wurden in einem anderen System zusammengeführt',
  ],
  [
    'Studies here bear the id that was given up. Nothing of them was changed.',
    'Untersuchungen hier tragen noch die aufgegebene ID. An ihnen wurde nichts geändert.',
  ],
  [
    'Look at whose the images are, have the PACS send them corrected, then dismiss it.',
    'Prüfen Sie, wessen Bilder es sind, lassen Sie sie vom PACS berichtigt senden, und verwerfen Sie die Meldung dann.',
  ],
  ['1 object waits in quarantine', '1 Objekt wartet in Quarantäne'],
  ['{#count} objects wait in quarantine', '{count} Objekte warten in Quarantäne'],
  [
    'Other content under a known UID, or a rejection note from a peer that may not reject.',
    'Anderer Inhalt unter einer bekannten UID, oder eine Rejection Note einer Gegenstelle, die nicht zurückweisen darf.',
  ],
  ['Look at each and decide.', 'Sehen Sie jedes an, und entscheiden Sie.'],
  ['The analysis of 1 study failed', 'Die Analyse von 1 Untersuchung ist fehlgeschlagen'],
  [
    'The analysis of {#count} studies failed',
    'Die Analyse von {count} Untersuchungen ist fehlgeschlagen',
  ],
  [
    'They keep their place on the worklist and say so.',
    'Sie behalten ihren Platz in der Arbeitsliste und sagen es dort.',
  ],
  ['Read the reasons, then try again.', 'Lesen Sie die Gründe, und versuchen Sie es dann erneut.'],
];

const RESULTS: readonly Sentence[] = [
  ['1 notification was given up', '1 Benachrichtigung wurde aufgegeben'],
  ['{#count} notifications were given up', '{count} Benachrichtigungen wurden aufgegeben'],
  [
    'The receivers were not told of these results. The studies stand on the worklist.',
    'Die Empfänger erfuhren von diesen Ergebnissen nicht. Die Untersuchungen stehen in der Arbeitsliste.',
  ],
  [
    'Read the reasons, mend them, then send each again or dismiss it.',
    'Lesen Sie die Gründe, beheben Sie sie, und senden Sie dann jede erneut, oder verwerfen Sie sie.',
  ],
  [
    '1 notification has been waiting for over five minutes',
    '1 Benachrichtigung wartet seit über fünf Minuten',
  ],
  [
    '{#count} notifications have been waiting for over five minutes',
    '{count} Benachrichtigungen warten seit über fünf Minuten',
  ],
  [
    'Their receivers do not take them, or no worker runs.',
    'Ihre Empfänger nehmen sie nicht an, oder kein Worker läuft.',
  ],
  [
    'Read the last error of each, and look at the receiver.',
    'Lesen Sie den letzten Fehler einer jeden, und prüfen Sie den Empfänger.',
  ],
  ['1 object did not reach the destination {name}', '1 Objekt erreichte das Ziel {name} nicht'],
  [
    '{#count} objects did not reach the destination {name}',
    '{count} Objekte erreichten das Ziel {name} nicht',
  ],
  [
    'It refused them, or did not take them in its time.',
    'Es lehnte sie ab, oder nahm sie nicht rechtzeitig an.',
  ],
  [
    'Read the reasons, mend them, then send them again or dismiss them.',
    'Lesen Sie die Gründe, beheben Sie sie, und senden Sie sie dann erneut, oder verwerfen Sie sie.',
  ],
  [
    '1 object wait for the destination {name}, which is gone',
    '1 Objekt wartet auf das Ziel {name}, das es nicht mehr gibt',
  ],
  [
    '{#count} objects wait for the destination {name}, which is gone',
    '{count} Objekte warten auf das Ziel {name}, das es nicht mehr gibt',
  ],
  [
    'It is not in the configuration any more: nothing is sent to it.',
    'Es ist nicht mehr in der Konfiguration: Nichts wird dorthin gesendet.',
  ],
  [
    'Name it again in the configuration and they are sent, or dismiss them.',
    'Nehmen Sie es wieder in die Konfiguration auf, dann werden sie gesendet, oder verwerfen Sie sie.',
  ],
  ['1 object wait for the destination {name}', '1 Objekt wartet auf das Ziel {name}'],
  [
    '{#count} objects wait for the destination {name}',
    '{count} Objekte warten auf das Ziel {name}',
  ],
  ['The oldest for over ten minutes.', 'Das älteste seit über zehn Minuten.'],
  ['The oldest for over ten minutes. {why}', 'Das älteste seit über zehn Minuten. {why}'],
  [
    'Test the destination; what waits is sent once it answers.',
    'Testen Sie das Ziel; Wartendes wird gesendet, sobald es antwortet.',
  ],
  [
    'The destination {name} never promised to keep 1 object',
    'Das Ziel {name} hat die Aufbewahrung von 1 Objekt nie zugesagt',
  ],
  [
    'The destination {name} never promised to keep {#count} objects',
    'Das Ziel {name} hat die Aufbewahrung von {count} Objekten nie zugesagt',
  ],
  [
    'It took them, but gave no storage commitment for them.',
    'Es nahm sie an, gab aber kein Storage Commitment dafür.',
  ],
  [
    'Ask whoever runs it whether it may report to our port, then look for the objects.',
    'Fragen Sie den Betreiber, ob es an unseren Port melden darf, und suchen Sie dann die Objekte.',
  ],
  ['1 result could not be made into objects', '1 Ergebnis konnte nicht zu Objekten werden'],
  [
    '{#count} results could not be made into objects',
    '{count} Ergebnisse konnten nicht zu Objekten werden',
  ],
  [
    'Nothing of them was sent. The studies stand on the worklist with what was found.',
    'Nichts davon wurde gesendet. Die Untersuchungen stehen mit dem, was gefunden wurde, in der Arbeitsliste.',
  ],
  [
    'Read the reasons, mend them, then try each again or dismiss it.',
    'Lesen Sie die Gründe, beheben Sie sie, und versuchen Sie dann jedes erneut, oder verwerfen Sie es.',
  ],
  ['flagged: {findings}', 'markiert: {findings}'],
  ['anything flagged', 'alles Markierte'],
  ['priority {class} or more urgent', 'Priorität {class} oder dringlicher'],
  ['by {models}', 'von {models}'],
  ['site {names}', 'Standort {names}'],
];

const MODELS: readonly Sentence[] = [
  [
    'Only {#count} studies were analysed by both: the intervals are wide.',
    'Nur {count} Untersuchungen wurden von beiden analysiert: Die Intervalle sind weit.',
  ],
  [
    'Readers are no reference standard, and saw the marks of whichever model was active: that favours it.',
    'Befundende sind kein Referenzstandard, und sie sahen die Markierungen des jeweils aktiven Modells: Das begünstigt es.',
  ],
  [
    '{model} ran with {#count} different files in this window.',
    '{model} lief in diesem Zeitraum mit {count} verschiedenen Dateien.',
  ],
  [
    'The two share no finding by its code: their scores are not set side by side.',
    'Die beiden haben keinen Befund mit demselben Code: Ihre Scores werden nicht nebeneinandergestellt.',
  ],
  [
    '{effect} Version {version}, active until now, runs in shadow.',
    '{effect} Version {version}, bisher aktiv, läuft im Schattenbetrieb.',
  ],
  [
    '{effect} Version {version}, active until now, is retired.',
    '{effect} Version {version}, bisher aktiv, ist stillgelegt.',
  ],
  [
    'Studies analysed from now on are flagged and raised by this model. Earlier ones are left as they are.',
    'Ab jetzt analysierte Untersuchungen werden von diesem Modell markiert und vorgezogen. Frühere bleiben, wie sie sind.',
  ],
  [
    'The model runs and is recorded, and changes nothing. Earlier results are left as they are.',
    'Das Modell läuft und wird aufgezeichnet, und ändert nichts. Frühere Ergebnisse bleiben, wie sie sind.',
  ],
  [
    'The model no longer runs. Earlier results are left as they are.',
    'Das Modell läuft nicht mehr. Frühere Ergebnisse bleiben, wie sie sind.',
  ],
];

export const WORK_SENTENCES: readonly Sentence[] = [...ANSWERS, ...STUDIES, ...RESULTS, ...MODELS];
