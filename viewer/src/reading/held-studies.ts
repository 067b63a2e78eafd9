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

export interface RecentStudies {
  /** @param letGo of what holds this study */
  keep(studyInstanceUid: string, letGo: LetGo): void;
  letAllGo(): void;
}

/** The last few studies that were opened, each once: with one more, the one that was opened longest ago is let go. */
export function createRecentStudies(most: number): RecentStudies {
  let kept: { readonly uid: string; readonly letGo: LetGo }[] = [];
  return {
    keep: (uid, letGo) => {
      const others = kept.filter((each) => each.uid !== uid);
      const gone = [
        ...kept.filter((each) => each.uid === uid),
        ...others.splice(0, Math.max(0, others.length + 1 - most)),
      ];
      kept = [...others, { uid, letGo }];
      for (const each of gone) each.letGo();
    },
    letAllGo: () => {
      const gone = kept;
      kept = [];
      for (const each of gone) each.letGo();
    },
  };
}

/** After the page that left has torn its viewports down. */
const SETTLE_MS = 50;

export const heldStudies = createHeldStudies((work) => setTimeout(work, SETTLE_MS));
