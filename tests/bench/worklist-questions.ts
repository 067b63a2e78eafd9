import { WORKLIST_SORTS } from '#contracts/worklist.ts';

type Question = readonly [name: string, path: string];

/** What readers ask of the list: each column both ways, each filter, several of them, searches, counts. */
export function worklistQuestions(studies: number): readonly Question[] {
  const middle = Math.floor(studies / 2);
  const since = encodeURIComponent(new Date(Date.now() - 60_000).toISOString());
  const page = 'worklist?limit=100';
  const sorts = WORKLIST_SORTS.flatMap((sort): Question[] => [
    [`by ${sort}, upwards`, `${page}&sort=${sort}`],
    [`by ${sort}, downwards`, `${page}&sort=${sort}&direction=descending`],
    [`by ${sort}, in the middle`, `${page}&sort=${sort}&offset=${middle}`],
  ]);
  const filters = [
    'priority=STAT,HIGH',
    'status=analysed',
    'readingStatus=unread,open,reviewed,reported-elsewhere',
    'modality=CT',
    'modality=CT,MR',
    'site=North',
    'bodyPart=HEAD',
    'flagged=true',
    'finding=nodule',
    'finding=nodule&finding=mass&finding=edema',
    'mine=true',
    'ageFrom=60&ageTo=80',
    'modality=CT&site=North&bodyPart=CHEST&priority=HIGH&ageFrom=60',
    'flagged=true&modality=CT&site=South',
    `accession=A${middle}`,
  ];
  return [
    ['triage, first page', page],
    ['triage, in the middle', `${page}&offset=${middle}`],
    ['triage, last page', `${page}&offset=${studies - 100}`],
    ...filters.map((filter): Question => [filter, `${page}&${filter}`]),
    ['modality=CT, in its middle', `${page}&modality=CT&offset=${Math.floor(middle / 6)}`],
    ...sorts,
    ['by patient, finding=nodule', `${page}&sort=patient&finding=nodule`],
    ['search of a name', `${page}&search=yamada99`],
    ['search of a name that many bear', `${page}&search=yamada`],
    ['search of two letters, too short for the index', `${page}&search=ya`],
    ['search of an accession number', `${page}&search=A${middle}`],
    ['search of a patient id', `${page}&search=P00${String(middle).slice(0, 4)}`],
    ['counts of all choices', 'worklist/facets'],
    ['counts as the dialog shows them', 'worklist/facets?of=modality,site,bodyPart,finding,status'],
    ['counts with modality=CT', 'worklist/facets?modality=CT'],
    ['counts with a finding', 'worklist/facets?finding=nodule'],
    ['what is new', `worklist/news?since=${since}`],
    ['what is new, with a filter', `worklist/news?since=${since}&modality=CT&site=North`],
  ];
}
