import type { Dictionary } from '../dictionary.ts';

export const images: Pick<
  Dictionary,
  | 'LOADING_TEXT'
  | 'MEASURED_TEXT'
  | 'MPR_TEXT'
  | 'OVERLAY_TEXT'
  | 'PACS_TEXT'
  | 'PANES_TEXT'
  | 'PRESET_NAMES'
  | 'PRIORS_TEXT'
  | 'RAIL_TEXT'
  | 'READING_NOTIFICATION_TEXT'
  | 'TOOLBAR_TEXT'
> = {
  LOADING_TEXT: {
    loading: 'Bilder geladen',
  },
  MEASURED_TEXT: {
    Area: 'Fläche',
    Mean: 'Mittel',
    Max: 'Max',
    Min: 'Min',
    'Std Dev': 'Std.-Abw.',
    L: 'L',
    W: 'B',
  },
  MPR_TEXT: {
    open: 'Drei Ebenen',
    close: 'Zurück zu den Schichten',
    withKey: (words, key) => `${words} (${key})`,
    region: 'Drei Ebenen',
    rests: 'Bewertet wird nicht, solange die drei Ebenen die Schichten verdecken.',
    planes: { axial: 'Axial', coronal: 'Koronal', sagittal: 'Sagittal' },
    hint: 'Kreuz ziehen; Umschalt und Ziehen ändert das Fenster; Mausrad und ↑ ↓ blättern in der umrahmten Ebene.',
    thin: 'Dünn',
    thickness: (millimetres) => `${millimetres} mm`,
    slab: 'Dicke der Ebenen',
    thinOf: 'Ein Voxel dick',
    slabOf: (millimetres) => `Schicht von ${millimetres} mm`,
    slabbed: (thickness, projection) => `${thickness}, ${projection}`,
    projections: { brightest: 'MIP', mean: 'Mittel', darkest: 'MinIP' },
    projectionTitle:
      'Was die Schicht zeigt: den hellsten (MIP), den mittleren oder den dunkelsten (MinIP) ihrer Werte',
    missing: (count) =>
      count === 1
        ? 'Eine Schicht ließ sich nicht laden: Sie fehlt in allen drei Ebenen.'
        : `${count} Schichten ließen sich nicht laden: Sie fehlen in allen drei Ebenen.`,
    failed: {
      made: 'Aus diesen Schichten ließ sich kein Volumen bilden. Gehen Sie zurück zu den Schichten.',
      lost: 'Der Computer hat seine Grafikkarte zurückgesetzt. Gehen Sie zurück zu den Schichten und öffnen Sie die Ebenen neu.',
    },
    verdicts: {
      'no-webgl': 'Andere Ebenen brauchen WebGL, das dieser Browser nicht bietet.',
      few: 'Andere Ebenen brauchen eine CT- oder MR-Serie von mindestens 10 Schichten.',
      coloured: 'Von Farbbildern gibt es keine anderen Ebenen.',
      unaligned: 'Diese Schichten liegen nicht hintereinander: Es gibt keine anderen Ebenen.',
      uneven: 'Eine Schicht fehlt, oder zwei liegen am selben Ort: Andere Ebenen wären falsch.',
      large: 'Diese Serie ist zu groß für andere Ebenen im Browser.',
      fits: '',
    },
    place: (right, back, head) => `${right}  ${back}  ${head}`,
    millimetres: (letter, value) => `${letter} ${value} mm`,
    window: (width, level) => `W ${width} L ${level}`,
  },
  OVERLAY_TEXT: {
    drawing: 'Wie die Heatmap gezeichnet wird',
    drawings: { off: 'Aus', heat: 'Fläche', contour: 'Kontur' },
    colours: 'Farben',
    boxes: 'Rahmen',
    opacity: 'Deckkraft',
    threshold: 'Schwelle',
    units: { score: 'Score', 'share-of-score': 'verlorener Anteil des Scores' },
    drawnFrom: (score) => `gezeichnet ab ${score}`,
    linesAt: (first, second) => `Linien bei ${first}, ${second}`,
    flagsFrom: (score) => `Untersuchung markiert ab ${score}`,
    strip: 'Schichten mit Befunden',
    sliceOf: (slice, count) => `Schicht ${slice} / ${count}`,
    heatUpTo: (score) => `Heatmap bis ${score}`,
  },
  PACS_TEXT: {
    title: 'An das PACS gesendet',
    result: (signedBy) =>
      signedBy === null ? 'KI-Ergebnis' : `Ergebnis, freigegeben von ${signedBy}`,
    undoUntil: (time) => `geht um ${time} hinaus, sofern es nicht zurückgenommen wird`,
    making: 'wird erzeugt',
    retrying: (why) => `konnte noch nicht erzeugt werden und wird erneut versucht: ${why}`,
    failed: (why) => `konnte nicht erzeugt werden: ${why}`,
    nobody: 'nichts davon ist zu senden',
    forgotten: 'vor so langer Zeit gesendet, dass nicht mehr festgehalten ist, wohin',
    sent: (count, time) => `${count} gesendet ${time}`,
    waiting: (count) => `${count} wartend`,
    held: (count) => `${count} wartend, bisher nicht angenommen`,
    dead: (count) => `${count} konnten nicht gesendet werden`,
  },
  PANES_TEXT: {
    layout: 'Anordnung',
    layouts: { '1x1': 'Ein Bild', '1x2': 'Zwei Bilder', '2x2': 'Vier Bilder' },
    pane: (place, count, title) =>
      `Feld ${place} von ${count}${title === null ? ', leer' : `: ${title}`}`,
    emptyPane: 'Hier hängt nichts',
    emptyPaneDetail: 'Wählen Sie links eine Serie, oder drücken Sie Bild↓.',
    link: 'Die Stapel aller Felder gemeinsam durchblättern',
    noLink: 'Gemeinsam blättern lassen sich nur zwei Felder mit Stapeln einer Ebene.',
    linked: 'blättert mit',
    enlarge: 'Dieses Feld vergrößern oder alle wieder zeigen',
  },
  PRESET_NAMES: {
    softTissue: 'Weichteil',
    lung: 'Lunge',
    liver: 'Leber',
    bone: 'Knochen',
    brain: 'Hirn',
    acquired: 'Original',
    softer: 'Weicher',
    harder: 'Härter',
    bright: 'Hell',
    dark: 'Dunkel',
  },
  PRIORS_TEXT: {
    priors: (count) => (count === 1 ? '1 Vor\u00adaufnahme' : `${count} Vor\u00adaufnahmen`),
    none: 'Keine Voraufnahme im Archiv dieses Systems.',
    noPatientId:
      'Keine Vor\u00adaufnahmen: Keine Patienten-ID unterscheidet diese Person von anderen.',
    otherBirthDate: (count) =>
      count === 1
        ? '1 Untersuchung unter dieser ID hat ein anderes Geburtsdatum: Sie wird nicht angeboten.'
        : `${count} Untersuchungen unter dieser ID haben ein anderes Geburtsdatum: Sie werden nicht angeboten.`,
    unknown: 'Nach Voraufnahmen konnte nicht gesucht werden.',
    looking: 'Voraufnahmen werden gesucht',
    prior: 'VORAUFNAHME',
    earlier: {
      days: (count) => {
        if (count === 0) return 'vom selben Tag';
        return count === 1 ? '1 Tag früher' : `${count} Tage früher`;
      },
      months: (count) => `${count} Monate früher`,
      years: (count) => `${count} Jahre früher`,
      unknown: 'Datum unbekannt',
    },
    place: (place, count) => `${place} von ${count}`,
    previous: 'Die Voraufnahme davor (<)',
    next: 'Die Voraufnahme danach, dann keine (>)',
    open: 'Neben der Untersuchung zeigen (<)',
    close: 'Voraufnahme schließen',
    opening: 'Voraufnahme wird geöffnet',
    failed: 'Die Voraufnahme konnte nicht geöffnet werden.',
    noImages: 'Diese Voraufnahme hat kein Bild, das sich zeigen lässt.',
    imageFailedDetail: 'Wählen Sie ein anderes Bild der Voraufnahme oder eine andere Voraufnahme.',
    rests: 'nur Ansicht',
    noVerdicts: 'Bewertet wird die Untersuchung, nicht ihre Voraufnahme.',
  },
  RAIL_TEXT: {
    images: (count) => (count === 1 ? '1 Bild' : `${count} Bilder`),
    noPicture: 'kein Vorschaubild',
    undrawnSeries: 'nicht darstellbar',
    undrawnImages: (failed, all) => `${failed} von ${all} nicht darstellbar`,
  },
  READING_NOTIFICATION_TEXT: {
    title: 'Benachrichtigungen',
    unsent: {
      waiting: 'unterwegs',
      sent: 'gesendet',
      dead: 'konnte nicht gesendet werden',
      dismissed: 'nicht gesendet: von der Verwaltung verworfen',
    },
    notified: (time) => `benachrichtigt ${time}`,
    seen: (reader, time) => `gesehen von ${reader} ${time}`,
    notAcknowledged: 'nicht quittiert',
    acknowledgedBy: (who, time) => `quittiert von ${who} ${time}`,
    acknowledge: 'Quittieren',
    done: 'Quittiert.',
  },
  TOOLBAR_TEXT: {
    toolbar: 'Bildwerkzeuge',
    mouse: 'Linke Taste',
    measure: 'Messen',
    orientation: 'Drehen und spiegeln',
    presets: 'Fenster',
    withKey: (words, key) => `${words} (${key})`,
    presetKey: (name, key) => `${name}, Taste ${key}`,
    tools: {
      cross: { words: 'Kreuz mit der linken Taste ziehen' },
      window: { words: 'Fensterung mit der linken Taste' },
      zoom: { words: 'Zoom mit der linken Taste (rechte Taste immer)', key: 'z' },
      pan: { words: 'Verschieben mit der linken Taste (mittlere Taste immer)' },
      scroll: { words: 'Blättern mit der linken Taste (Mausrad immer)' },
      length: { words: 'Länge', key: 'd' },
      angle: { words: 'Winkel', key: 'a' },
      bidirectional: { words: 'Zwei Durchmesser', key: 't' },
      ellipse: { words: 'Ellipse: Fläche, Mittel und Streuung der Werte', key: 'p' },
      rectangle: { words: 'Rechteck: Fläche, Mittel und Streuung der Werte', key: 'x' },
      magnify: { words: 'Lupe', key: 'w' },
      forget: { words: 'Alle Messungen entfernen', key: 'Entf' },
      invert: { words: 'Invertieren', key: 'i' },
      'rotate-left': { words: 'Nach links drehen', key: 'l' },
      'rotate-right': { words: 'Nach rechts drehen', key: 'r' },
      'flip-horizontal': { words: 'Links-rechts spiegeln', key: 'h' },
      'flip-vertical': { words: 'Oben-unten spiegeln', key: 'v' },
      fit: { words: 'Einpassen', key: '=' },
      reset: { words: 'Ansicht zurücksetzen', key: 'Leertaste' },
      cine: { words: 'Cine', key: 'c' },
    },
  },
};
