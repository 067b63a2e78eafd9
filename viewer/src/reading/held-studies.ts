/** What a study keeps in memory, to be let go when nobody holds the study any more. */
type LetGo = () => void;

export interface HeldStudies {
  /** Holds a study until the returned function is called. */
  hold(studyInstanceUid: string, letGo: LetGo): () => void;
  isHeld(studyInstanceUid: string): boolean;
}

/**
 * The page that shows a study holds it, and so does what fetches the next one ahead: pixels and metadata go when both
 * have let go. A turn later, so that a page which opens the study in this moment still finds them.
 */
export function createHeldStudies(later: (work: () => void) => void): HeldStudies {
  const held = new Map<string, { holders: number; readonly letGo: Set<LetGo> }>();
  const settle = (uid: string) => {
    const study = held.get(uid);
    if (study === undefined || study.holders > 0) return;
    held.delete(uid);
    for (const letGo of study.letGo) letGo();
  };
  return {
    isHeld: (uid) => (held.get(uid)?.holders ?? 0) > 0,
    hold: (uid, letGo) => {
      const study = held.get(uid) ?? { holders: 0, letGo: new Set<LetGo>() };
      held.set(uid, study);
      study.holders += 1;
      study.letGo.add(letGo);
      let isHeld = true;
      return () => {
        if (!isHeld) return;
        isHeld = false;
        study.holders -= 1;
        later(() => settle(uid));
      };
    },
  };
}

/** After the page that left has torn its viewports down. */
const SETTLE_MS = 50;

export const heldStudies = createHeldStudies((work) => setTimeout(work, SETTLE_MS));
