import type { Sentence } from '../sentences.ts';

/** Of the list of problems (administration/find-problems.ts and judge-destinations.ts). */
const PROCESSES: readonly Sentence[] = [
  ['The listener is not running', 'Der Listener läuft nicht'],
  ['No worker is running', 'Kein Worker läuft'],
  ['It was never seen. {rest}', 'Er wurde nie gesehen. {rest}'],
  ['Last seen {@at}. {rest}', 'Zuletzt gesehen {at}. {rest}'],
  ['Nothing is received over DICOM.', 'Über DICOM wird nichts empfangen.'],
  [
    'Studies are received, but not analysed.',
    'Untersuchungen werden empfangen, aber nicht analysiert.',
  ],
  [
    'Start it with `radtriage up` or `radtriage listener`, and look at its log.',
    'Starten Sie ihn mit `radtriage up` oder `radtriage listener`, und sehen Sie in sein Protokoll.',
  ],
  [
    'Start one with `radtriage up` or `radtriage worker`, and look at its log.',
    'Starten Sie einen mit `radtriage up` oder `radtriage worker`, und sehen Sie in sein Protokoll.',
  ],
  ['The clocks disagree', 'Die Uhren gehen verschieden'],
  ['The database is {#time} ahead of this server.', 'Die Datenbank geht diesem Server {time} vor.'],
  ['The database is {#time} behind this server.', 'Die Datenbank geht diesem Server {time} nach.'],
  [
    'Synchronise both machines with the same time server.',
    'Gleichen Sie beide Rechner mit demselben Zeitserver ab.',
  ],
  ['cannot be reached', 'nicht erreichbar'],
  ['never seen', 'nie gesehen'],
  ['last seen {@at}', 'zuletzt gesehen {at}'],
  ['unknown, the database cannot be reached', 'unbekannt, die Datenbank ist nicht erreichbar'],
];

const STORAGE: readonly Sentence[] = [
  ['1 kept file missing or altered', '1 aufbewahrte Datei fehlt oder ist verändert'],
  [
    '{#count} kept files missing or altered',
    '{count} aufbewahrte Dateien fehlen oder sind verändert',
  ],
  [
    'Found when a peer asked for a storage commitment, which it did not get.',
    'Entdeckt, als eine Gegenstelle um ein Storage Commitment bat, das sie nicht bekam.',
  ],
  [
    'Look at the log of the listener for the objects, and at the disk; send them again.',
    'Suchen Sie die Objekte im Protokoll des Listeners, prüfen Sie die Platte, und senden Sie sie erneut.',
  ],
  [
    '1 storage commitment report could not be delivered',
    '1 Storage-Commitment-Meldung konnte nicht zugestellt werden',
  ],
  [
    '{#count} storage commitment reports could not be delivered',
    '{count} Storage-Commitment-Meldungen konnten nicht zugestellt werden',
  ],
  [
    'The peers wait for an answer, and may send everything again.',
    'Die Gegenstellen warten auf eine Antwort und senden vielleicht alles erneut.',
  ],
  [
    'Look at host and port of these peers in dicom.peers, then report again.',
    'Prüfen Sie Host und Port dieser Gegenstellen in dicom.peers, und melden Sie dann erneut.',
  ],
  ['The disk is full', 'Die Platte ist voll'],
  ['The disk is filling up', 'Die Platte läuft voll'],
  [
    '{#bytes} free, about {#days} days at this rate',
    '{bytes} frei, etwa {days} Tage bei diesem Verbrauch',
  ],
  ['{#bytes} free', '{bytes} frei'],
  [
    'Make room, enlarge the disk, or shorten retention. A full disk refuses images.',
    'Schaffen Sie Platz, vergrößern Sie die Platte, oder verkürzen Sie die Aufbewahrung. Eine volle Platte lehnt Bilder ab.',
  ],
  ['The index is behind', 'Der Index ist im Rückstand'],
  [
    '{#count} objects kept but not yet in the index, the oldest for {#time}.',
    '{count} Objekte aufbewahrt, aber noch nicht im Index, das älteste seit {time}.',
  ],
  [
    '1 object kept but not yet in the index, the oldest for {#time}.',
    '1 Objekt aufbewahrt, aber noch nicht im Index, seit {time}.',
  ],
  [
    'Nothing is lost. Look at the database: it is away, slow or full.',
    'Nichts ist verloren. Prüfen Sie die Datenbank: Sie ist weg, langsam oder voll.',
  ],
];

const SENDERS: readonly Sentence[] = [
  ['Objects from {title} are refused', 'Objekte von {title} werden abgelehnt'],
  [
    'Last failure: {failure}. 1 object in the last 24 hours.',
    'Letzter Fehler: {failure}. 1 Objekt in den letzten 24 Stunden.',
  ],
  [
    'Last failure: {failure}. {#count} objects in the last 24 hours.',
    'Letzter Fehler: {failure}. {count} Objekte in den letzten 24 Stunden.',
  ],
  [
    'The fault is here: look at the disk, the database and the log of the listener. The sender has to send again.',
    'Der Fehler liegt hier: Prüfen Sie Platte, Datenbank und das Protokoll des Listeners. Der Absender muss erneut senden.',
  ],
  [
    'The objects are at fault: the log of the listener names each of them, for the maker of the sender.',
    'Der Fehler liegt in den Objekten: Das Protokoll des Listeners nennt jedes, für den Hersteller des Absenders.',
  ],
  ['{sender} was refused {#count} times', '{sender} wurde {count}-mal abgewiesen'],
  ['{sender} was refused', '{sender} wurde abgewiesen'],
  ['A connection for HL7', 'Eine HL7-Verbindung'],
  ['A connection', 'Eine Verbindung'],
  ['Something that is not DICOM', 'Etwas, das kein DICOM ist,'],
  ['From {address}: {why}.', 'Von {address}: {why}.'],
  ['an unknown address', 'einer unbekannten Adresse'],
  [
    '1 other sender refused in the last hour',
    '1 weiterer Absender in der letzten Stunde abgewiesen',
  ],
  [
    '{#count} other senders refused in the last hour',
    '{count} weitere Absender in der letzten Stunde abgewiesen',
  ],
  ['They stand in the list of refusals.', 'Sie stehen in der Liste der Abgewiesenen.'],
  ['its address is not listed', 'die Adresse ist nicht aufgeführt'],
  ['its certificate is not the one listed', 'das Zertifikat ist nicht das aufgeführte'],
  ['too many connections are open', 'zu viele Verbindungen sind offen'],
  [
    'MSH-3 and MSH-4 name no sender that is listed',
    'MSH-3 und MSH-4 nennen keinen aufgeführten Absender',
  ],
  ['the called AE title is not ours', 'der gerufene AE-Titel ist nicht unserer'],
  ['the calling AE title is not listed', 'der rufende AE-Titel ist nicht aufgeführt'],
  [
    'the calling AE title may not send from this address',
    'der rufende AE-Titel darf nicht von dieser Adresse senden',
  ],
  ['the user identity is missing', 'die Benutzeridentität fehlt'],
  [
    'the user identity is not the one configured',
    'die Benutzeridentität ist nicht die konfigurierte',
  ],
  [
    'Let the sender call us {own}, or add "{called}" to dicom.aeTitles.',
    'Lassen Sie den Absender uns als {own} rufen, oder nehmen Sie „{called}“ in dicom.aeTitles auf.',
  ],
  [
    'If it may send, add AE title "{title}" with address {address} to dicom.peers.',
    'Darf er senden, nehmen Sie den AE-Titel „{title}“ mit der Adresse {address} in dicom.peers auf.',
  ],
  [
    'If "{title}" has moved, add {address} to its addresses in dicom.peers.',
    'Ist „{title}“ umgezogen, nehmen Sie {address} in seine Adressen in dicom.peers auf.',
  ],
  [
    'Give "{title}" a certificate that is bound to its AE title, or mend the binding in dicom.tls.',
    'Geben Sie „{title}“ ein Zertifikat, das an seinen AE-Titel gebunden ist, oder berichtigen Sie die Bindung in dicom.tls.',
  ],
  [
    'Mend user name or password at the sender, or the rule of user identities in the configuration.',
    'Berichtigen Sie Benutzername oder Passwort beim Absender, oder die Regel der Benutzeridentitäten in der Konfiguration.',
  ],
  [
    'Let the sender open fewer associations at once, or raise dicom.maxAssociations and dicom.maxAssociationsPerPeer.',
    'Lassen Sie den Absender weniger Verbindungen zugleich öffnen, oder erhöhen Sie dicom.maxAssociations und dicom.maxAssociationsPerPeer.',
  ],
  [
    'What came from {address} was not DICOM as we know it: a scanner of networks, a browser, or a wrong port.',
    'Was von {address} kam, war kein uns bekanntes DICOM: ein Netzwerkscanner, ein Browser oder ein falscher Port.',
  ],
  [
    'Nothing that "{title}" offered to send can be taken: look at its SOP classes and transfer syntaxes.',
    'Nichts von dem, was „{title}“ senden wollte, kann angenommen werden: Prüfen Sie seine SOP-Klassen und Transfersyntaxen.',
  ],
  [
    'Let the sender speak TLS 1.2 or later, with a certificate that our authority has signed.',
    'Lassen Sie den Absender TLS 1.2 oder neuer sprechen, mit einem von unserer Stelle signierten Zertifikat.',
  ],
  [
    '{address} opens connections and says nothing: a port scan, or a monitor that should use C-ECHO.',
    '{address} öffnet Verbindungen und sagt nichts: ein Portscan, oder eine Überwachung, die C-ECHO nutzen sollte.',
  ],
  [
    'If it may tell of reports, add {address} to the addresses of a sender in hl7.senders.',
    'Darf er Befunde melden, nehmen Sie {address} in die Adressen eines Absenders in hl7.senders auf.',
  ],
  [
    'Give the sender the certificate that hl7.senders binds it to, or mend the binding or the authority in hl7.tls.',
    'Geben Sie dem Absender das Zertifikat, an das hl7.senders ihn bindet, oder berichtigen Sie die Bindung oder die Stelle in hl7.tls.',
  ],
  [
    'If it may tell of reports, add "{name}" to sendingApplication (MSH-3) and sendingFacility (MSH-4) of a sender in hl7.senders.',
    'Darf er Befunde melden, nehmen Sie „{name}“ in sendingApplication (MSH-3) und sendingFacility (MSH-4) eines Absenders in hl7.senders auf.',
  ],
  [
    'Let the sender keep one connection open, or raise hl7.maxConnections.',
    'Lassen Sie den Absender eine Verbindung offen halten, oder erhöhen Sie hl7.maxConnections.',
  ],
  [
    'Look at the log of the listener for the moment of the last refusal.',
    'Sehen Sie im Protokoll des Listeners beim Zeitpunkt der letzten Abweisung nach.',
  ],
];

export const SITE_SENTENCES: readonly Sentence[] = [...PROCESSES, ...STORAGE, ...SENDERS];
