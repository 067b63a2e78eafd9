import type { Dictionary } from '../dictionary.ts';

export const readingKeys: Pick<Dictionary, 'READING_KEYS'> = {
  READING_KEYS: [
    {
      title: 'Bewerten',
      keys: [
        ['j k', 'Nächster, voriger Befund'],
        ['y', 'Befund bestätigen'],
        ['n', 'Befund verwerfen'],
        ['e', 'Ändern: Rahmen ziehen oder zeichnen, Bezeichnung ändern'],
        ['m', 'Übersehenen Befund ergänzen'],
        ['u', 'Letzten Schritt rückgängig machen'],
        ['s', 'Freigeben, oder Ersteinschätzung festhalten; Enter bestätigt'],
        ['g', 'Neue Version der Untersuchung laden'],
        ['!', 'Anderswo befundet: von der Liste ohne Bewertung; Enter bestätigt'],
      ],
    },
    {
      title: 'Markierungen der KI',
      keys: [
        ['o', 'Heatmap ein oder aus'],
        ['0', 'Fläche, Konturen oder keine'],
        [';', 'Farben der Heatmap'],
        ['b', 'Rahmen ein oder aus'],
        [', .', 'Vorige, nächste Schicht mit Befund'],
      ],
    },
    {
      title: 'Bilder',
      keys: [
        ['↑ ↓', 'Voriges, nächstes Bild (auch das Mausrad)'],
        ['Pos1 Ende', 'Erstes, letztes Bild'],
        ['Bild↑ Bild↓', 'Vorige, nächste Serie'],
        ['6 7 8', 'Ein, zwei, vier Bilder'],
        ['f', 'Nächstes Feld (auch ein Klick)'],
        ['9', 'Feld vergrößern oder alle wieder zeigen (auch ein Doppelklick)'],
        ['/', 'Stapel aller Felder gemeinsam oder einzeln durchblättern'],
        ['< >', 'Voraufnahme neben der Untersuchung: frühere, spätere, keine'],
        ['1 – 5', 'Fenstervorgaben'],
        ['+ -', 'Zoom'],
        ['=', 'Einpassen'],
        ['z', 'Zoom mit der linken Taste'],
        ['i', 'Invertieren'],
        ['h v', 'Spiegeln links-rechts, oben-unten'],
        ['r l', 'Nach rechts, nach links drehen'],
        ['c', 'Cine'],
        ['Leertaste', 'Ansicht zurücksetzen'],
      ],
    },
    {
      title: 'Drei Ebenen (andere Tasten wie bei den Schichten)',
      keys: [
        ['#', 'Drei Ebenen einer CT- oder MR-Serie, und zurück'],
        ['f', 'Nächste Ebene'],
        ['9', 'Ebene vergrößern oder wieder alle drei zeigen'],
        ['Bild↑ Bild↓', 'Zehn Schichten'],
        ['t', 'Dicke: ein Voxel, 5, 10, 20 mm'],
        ['p', 'Was eine dicke Schicht zeigt: MIP, Mittel, MinIP'],
      ],
    },
    {
      title: 'Messen (wird nicht gespeichert; Millimeter nur, wo das Bild kalibriert ist)',
      keys: [
        ['d', 'Länge'],
        ['a', 'Winkel'],
        ['t', 'Zwei Durchmesser'],
        ['p x', 'Ellipse, Rechteck: Fläche, Mittel und Streuung der Werte'],
        ['w', 'Lupe'],
        ['Entf', 'Alle Messungen entfernen'],
      ],
    },
    {
      title: 'Seite',
      keys: [
        ['Esc', 'Laufendes beenden'],
        ['q', 'Zurück zur Arbeitsliste'],
        ['?', 'Diese Tasten'],
      ],
    },
  ],
};
