import type { Selectable } from 'kysely';
import type { FindingTable } from '../database/analysis-tables.ts';

/** A finding with the model that it is of. */
export type FindingRow = Selectable<FindingTable> & { modelId: string; modelVersion: string };
