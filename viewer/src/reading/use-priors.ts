import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useMemo, useState } from 'react';
import { type Priors, priorsSchema } from '#contracts/priors.ts';
import { type StudyDetail, studyDetailSchema } from '#contracts/study.ts';
import { request } from '../api/client.ts';
import { studyPath } from '../api/queries.ts';
import { createRecentStudies } from './held-studies.ts';
import type { ImageStack } from './image-stacks.ts';
import { type Prior, rankPriors } from './prior-choice.ts';
import { holdStudy } from './use-held-study.ts';
import { useStacks } from './use-stacks.ts';

/** A prior that stands beside the study. */
export interface OpenPrior {
  readonly prior: Prior;
  /** From 0, in the list. */
  readonly place: number;
  /** null until they are known. */
  readonly stacks: readonly ImageStack[] | null;
  readonly failed: boolean;
}

export interface PriorsControl {
  /** The most alike first; null until they are known. */
  readonly list: readonly Prior[] | null;
  readonly told: Pick<Priors, 'withheld' | 'otherBirthDate'> | null;
  readonly failed: boolean;
  readonly open: OpenPrior | null;
  readonly choose: (place: number | null) => void;
  /** To the next prior of the list, from none to the first; back, from the first to none. */
  readonly step: (by: 1 | -1) => void;
}

/** The prior beside the study and the one that stood there before: readers go to and fro. */
const KEPT = 2;

/** Holds the last priors: an image on its way still needs what is known of it, and all of them would fill the memory. */
function useHeldPriors(uid: string, stacks: readonly ImageStack[] | null): void {
  const queries = useQueryClient();
  const [recent] = useState(() => createRecentStudies(KEPT));
  useEffect(() => {
    if (stacks !== null) recent.keep(uid, holdStudy(queries, uid, stacks));
  }, [queries, uid, stacks, recent]);
  useEffect(() => recent.letAllGo, [recent]);
}

/**
 * The images of a prior. It is read as any study is, which the audit log records; nobody is told that it is being read,
 * since it is not.
 */
function usePriorStacks(prior: Prior | null) {
  const uid = prior?.studyInstanceUid ?? '';
  const detail = useQuery({
    queryKey: ['prior', uid],
    queryFn: ({ signal }) => request(studyDetailSchema, studyPath(uid), { signal }),
    enabled: prior !== null,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const { stacks, error } = useStacks(prior === null ? null : (detail.data ?? null));
  useHeldPriors(uid, stacks);
  return { stacks, failed: detail.isError || error !== null };
}

/** The patient's earlier studies, of which one can be put beside the study that is read. */
export function usePriors(study: StudyDetail): PriorsControl {
  const uid = study.studyInstanceUid;
  const query = useQuery({
    queryKey: ['priors', uid],
    queryFn: ({ signal }) => request(priorsSchema, `${studyPath(uid)}/priors`, { signal }),
    staleTime: 60_000,
  });
  const { studyDate, receivedAt, modality, bodyPartExamined } = study;
  const others = query.data?.priors;
  const list = useMemo(
    () =>
      others === undefined
        ? null
        : rankPriors(others, { studyDate, receivedAt, modality, bodyPartExamined }),
    [others, studyDate, receivedAt, modality, bodyPartExamined],
  );
  const [chosen, setChosen] = useState<string | null>(null);
  const place = list?.findIndex((prior) => prior.studyInstanceUid === chosen) ?? -1;
  const prior = list?.[place] ?? null;
  const images = usePriorStacks(prior);
  const choose = (next: number | null) =>
    setChosen(next === null ? null : (list?.[next]?.studyInstanceUid ?? null));
  return {
    list,
    told: query.data ?? null,
    failed: query.isError,
    open: prior === null ? null : { prior, place, ...images },
    choose,
    step: (by) => {
      const next = Math.min(place + by, (list?.length ?? 0) - 1);
      choose(next < 0 ? null : next);
    },
  };
}
