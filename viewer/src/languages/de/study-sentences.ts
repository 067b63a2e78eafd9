import type { Sentence } from '../sentences.ts';

/** Of core/priority.ts: why a study stands where it stands. */
const PLACES: readonly Sentence[] = [
  [
    '{class}: {label}, score {#score} by {model}, raised from {base}',
    '{class}: {label}, Score {score} von {model}, hochgestuft von {base}',
  ],
  [
    '{class}: {label}, score {#score} by {model}, ordered {base}',
    '{class}: {label}, Score {score} von {model}, angefordert als {base}',
  ],
  [
    '{class}: {label} by {model}, raised from {base}',
    '{class}: {label} von {model}, hochgestuft von {base}',
  ],
  [
    '{class}: {label} by {model}, ordered {base}',
    '{class}: {label} von {model}, angefordert als {base}',
  ],
  [
    'the AI result waits for your own impression',
    'das KI-Ergebnis wartet auf Ihre Ersteinschätzung',
  ],
  [
    'ROUTINE assumed, the images name no priority',
    'ROUTINE angenommen, die Bilder nennen keine Priorität',
  ],
];

/** Of core/completeness: what a study waits for, and why it counted as complete. */
const COMPLETENESS: readonly Sentence[] = [
  ['quiet for {#time}', 'seit {time} kein weiteres Bild'],
  [
    '{#time} since the first image, the longest wait',
    '{time} seit dem ersten Bild, die längste Wartezeit',
  ],
  ['{#time} without a further image', '{time} ohne weiteres Bild'],
  ['grace of {#time}', 'Nachfrist von {time}'],
  ['rule {name}', 'Regel {name}'],
  ['{#here} of {#all} views', '{here} von {all} Projektionen'],
  ['missing {views}', 'es fehlt {views}'],
  ['{#here} of {#all} images of series {name}', '{here} von {all} Bildern der Serie {name}'],
  ['{#here} of {#all} images of their series', '{here} von {all} Bildern ihrer Serien'],
  ['{#here} of {#all} images of their acquisitions', '{here} von {all} Bildern ihrer Aufnahmen'],
  ['{#here} of {#all} instances of the study', '{here} von {all} Instanzen der Untersuchung'],
  ['{#here} of {#all} instances', '{here} von {all} Instanzen'],
  ['{#here} of {#all} images', '{here} von {all} Bildern'],
  ['1 image', '1 Bild'],
  ['{#count} images', '{count} Bilder'],
  ['no {attribute} in some images', '{attribute} fehlt in einigen Bildern'],
  ['images without a number', 'Bilder ohne Nummer'],
  ['image numbers begin at {#number}', 'die Bildnummern beginnen bei {number}'],
  ['image {#number} of a series missing', 'Bild {number} einer Serie fehlt'],
  ['images {#from} to {#to} of a series missing', 'Bilder {from} bis {to} einer Serie fehlen'],
  ['image numbers without a gap', 'Bildnummern lückenlos'],
  ['association released by {sender}', 'Verbindung beendet von {sender}'],
  ['instances announced as available by {sender}', 'Instanzen als verfügbar gemeldet von {sender}'],
  ['MPPS completed by {sender}', 'MPPS abgeschlossen von {sender}'],
  ['MPPS discontinued by {sender}', 'MPPS abgebrochen von {sender}'],
];

/** Of inference and intake: why a study was not analysed, or not wholly. */
const ANALYSIS: readonly Sentence[] = [
  ['the study has no image', 'die Untersuchung hat kein Bild'],
  ['no image fits', 'kein Bild passt'],
  ['outside intended use', 'außerhalb der Zweckbestimmung'],
  ['no active or shadow model fits', 'kein Modell passt, weder aktiv noch im Schattenbetrieb'],
  ['modality {names}', 'Modalität {names}'],
  [
    'model in shadow: awaiting promotion ({models})',
    'Modell im Schattenbetrieb: wartet auf Aktivierung ({models})',
  ],
  ['model {name} refused: {why}', 'Modell {name} abgelehnt: {why}'],
  ['refused: {why}', 'abgelehnt: {why}'],
  ['file altered', 'Datei verändert'],
  ['file missing', 'Datei fehlt'],
  ['manifest invalid', 'Manifest ungültig'],
  ['{#count} image(s) could not be decoded', '{count} Bild(er) nicht dekodierbar'],
  ['none of {#count} image(s) could be read', 'keines von {count} Bild(ern) war lesbar'],
  ['not for all images', 'nicht für alle Bilder'],
  ['{#some} of {#all} image(s) not analysed', '{some} von {all} Bild(ern) nicht analysiert'],
  ['flagged by {model} ({why})', 'von {model} markiert ({why})'],
  ['flagged by {model}', 'von {model} markiert'],
  ['no finding flagged by {model} ({why})', 'kein Befund von {model} markiert ({why})'],
  ['no finding flagged by {model}', 'kein Befund von {model} markiert'],
  ['series of fewer than {#count} slices', 'Serie mit weniger als {count} Schichten'],
  ['patient age unknown', 'Patientenalter unbekannt'],
  ['patient under {#years}', 'Patient unter {years} Jahren'],
  ['patient over {#years}', 'Patient über {years} Jahre'],
  ['the image does not tell its pixel spacing', 'das Bild nennt seinen Pixelabstand nicht'],
  ['the image has only {size} pixels', 'das Bild hat nur {size} Pixel'],
  [
    'the image is {#ratio} times as wide as it is high',
    'das Bild ist {ratio}-mal so breit wie hoch',
  ],
  [
    'the image has only {#count} different pixel value(s)',
    'das Bild hat nur {count} verschiedene(n) Pixelwert(e)',
  ],
  [
    '{#share}% of the image has one and the same value',
    '{share} % des Bildes haben ein und denselben Wert',
  ],
  ['the image is empty', 'das Bild ist leer'],
  ['the image is too dark (mean {#mean} of 1)', 'das Bild ist zu dunkel (Mittel {mean} von 1)'],
  ['the image is too bright (mean {#mean} of 1)', 'das Bild ist zu hell (Mittel {mean} von 1)'],
  [
    'the image does not resemble those that the model was made for ({#found}, at most {#most})',
    'das Bild ähnelt nicht denen, für die das Modell gemacht ist ({found}, höchstens {most})',
  ],
  ['the analysis ended twice without a result', 'die Analyse endete zweimal ohne Ergebnis'],
  ['the study went on', 'die Untersuchung ging weiter'],
  ['kept as a prior: older than {#days} days', 'als Voraufnahme aufbewahrt: älter als {days} Tage'],
  [
    'images removed on {@date}: read, and kept as long as the site keeps images',
    'Bilder am {date} entfernt: befundet, und so lange aufbewahrt, wie der Standort Bilder aufbewahrt',
  ],
  [
    'images removed on {@date}: read, and the disk was filling up',
    'Bilder am {date} entfernt: befundet, und die Platte lief voll',
  ],
  [
    'no images: the study holds only other objects',
    'keine Bilder: Die Untersuchung enthält nur andere Objekte',
  ],
  ['its images wait in quarantine', 'ihre Bilder warten in Quarantäne'],
  ['its images were dismissed from quarantine', 'ihre Bilder wurden in der Quarantäne verworfen'],
  ['withdrawn by rejection note: {title}', 'zurückgezogen durch Rejection Note: {title}'],
  ['waits until no more images come', 'wartet, bis keine Bilder mehr kommen'],
  ['waits for a free worker', 'wartet auf einen freien Worker'],
  ['no worker is running', 'kein Worker läuft'],
  ['tried {#count} times before', 'schon {count}-mal versucht'],
  ['is being analysed', 'wird analysiert'],
  [
    'its worker is gone; another has to take it over',
    'ihr Worker ist ausgefallen; ein anderer muss sie übernehmen',
  ],
  ['the analysis failed', 'die Analyse ist fehlgeschlagen'],
];

export const STUDY_SENTENCES: readonly Sentence[] = [...PLACES, ...COMPLETENESS, ...ANALYSIS];
