import { z } from 'zod';
import {
  type QuarantineItem,
  quarantineDecidedSchema,
  quarantineDecisionSchema,
  quarantineDetailSchema,
  quarantineListSchema,
  quarantineQuerySchema,
} from '#contracts/quarantine.ts';
import { RadTriageError, toRadTriageError } from '#core/errors.ts';
import {
  QUARANTINE_DECISIONS,
  QUARANTINE_STATES,
  type QuarantineDecision,
} from '#core/quarantine-state.ts';
import { renderThumbnail } from '#dicom/images/render.ts';
import { createPixelDecoder } from '#dicom/pixels/pixel-decoder.ts';
import { decideQuarantine } from '#intake/corrections/decide-quarantine.ts';
import {
  countQuarantine,
  listQuarantine,
  type QuarantinedContent,
  type QuarantineEntry,
} from '#intake/corrections/list-quarantine.ts';
import { readDifferences } from '#intake/corrections/read-differences.ts';
import { jsonRoute, type Route, rawRoute } from '#platform/http/route.ts';
import { loadPriorityRule } from '#platform/priority-rule/load-rule.ts';
import type { WebContext } from '../context.ts';

const MAX_ITEMS = 500;
const PICTURE_SIZE = 320;
const ROOT = '/api/admin/quarantine';

const params = z.object({ id: z.string().regex(/^\d{1,18}$/) });

function toContent({ receivedAt, ...content }: QuarantinedContent) {
  return { ...content, receivedAt: receivedAt.toISOString() };
}

function toItem({ quarantineId, arrivedAt, decidedAt, ...entry }: QuarantineEntry): QuarantineItem {
  return {
    ...entry,
    id: quarantineId,
    differences: [...entry.differences],
    arrivedAt: arrivedAt.toISOString(),
    decidedAt: decidedAt?.toISOString() ?? null,
    arrived: toContent(entry.arrived),
    kept: entry.kept === null ? null : toContent(entry.kept),
  };
}

async function findEntry({ database }: WebContext, quarantineId: string): Promise<QuarantineEntry> {
  const filter = { states: QUARANTINE_STATES, limit: 1, quarantineId };
  const [entry] = await listQuarantine(database, filter);
  if (entry === undefined) {
    throw new RadTriageError('NOT_FOUND', 'there is no such entry in quarantine');
  }
  return entry;
}

/** A content whose header can no longer be read differs all the same: then there are only the two pictures. */
function valuesOf({ blobs, logger }: WebContext, { kept, arrived }: QuarantineEntry) {
  if (kept === null) return [];
  try {
    return readDifferences(blobs, kept, arrived);
  } catch (thrown) {
    logger.warn({ code: toRadTriageError(thrown).code }, 'a quarantined header cannot be read');
    return [];
  }
}

function readRoutes(context: WebContext): Route[] {
  return [
    jsonRoute(
      {
        method: 'GET',
        path: ROOT,
        access: ['admin'],
        summary: 'What was held back: other contents under known UIDs, and rejection notes',
        input: z.object({ query: quarantineQuerySchema }),
        response: quarantineListSchema,
      },
      async ({ query }) => {
        const states = query.state === 'all' ? QUARANTINE_STATES : ([query.state] as const);
        const items = await listQuarantine(context.database, { states, limit: MAX_ITEMS });
        const { instances, notes } = await countQuarantine(context.database);
        return { items: items.map(toItem), waiting: instances + notes };
      },
    ),
    jsonRoute(
      {
        method: 'GET',
        path: `${ROOT}/:id`,
        access: ['admin'],
        summary: 'One entry, with the values that differ',
        input: z.object({ params }),
        response: quarantineDetailSchema,
      },
      async ({ params: { id } }, { principal }) => {
        const entry = await findEntry(context, id);
        const { studyInstanceUid } = entry.arrived;
        const access = { actor: principal.name, action: 'quarantine.read', studyInstanceUid };
        await context.accessLog.recordAccess(access);
        return { ...toItem(entry), values: valuesOf(context, entry) };
      },
    ),
  ];
}

/** A picture is asked for now and then: the process that decodes it lives no longer than that. */
async function renderContent({ blobs }: WebContext, content: QuarantinedContent): Promise<Buffer> {
  const { blobPath, dataSetOffset, transferSyntaxUid } = content;
  await using decoder = createPixelDecoder({ timeoutMs: 10_000 });
  const path = blobs.locate(blobPath);
  const frame = await decoder.decode({ path, dataSetOffset, transferSyntaxUid });
  return renderThumbnail(frame, { maxSize: PICTURE_SIZE });
}

function pictureRoute(context: WebContext): Route {
  return rawRoute(
    {
      method: 'GET',
      path: `${ROOT}/:id/pictures/:which`,
      access: ['admin'],
      summary: 'A small picture of either content, not for diagnosis',
      input: z.object({ params: params.extend({ which: z.enum(['kept', 'arrived']) }) }),
      produces: ['image/png'],
    },
    async ({ params: { id, which } }, { principal, reply }) => {
      const content = (await findEntry(context, id))[which];
      if (content?.kind !== 'image') {
        throw new RadTriageError('NOT_FOUND', 'there is no picture of it');
      }
      const { studyInstanceUid } = content;
      const access = { actor: principal.name, action: 'images.read', studyInstanceUid };
      await context.accessLog.recordAccess(access);
      const picture = await renderContent(context, content);
      void reply.type('image/png').header('cache-control', 'private, max-age=3600');
      return picture;
    },
  );
}

const SUMMARIES: Readonly<Record<QuarantineDecision, string>> = {
  adopt: 'Make the newer content current, or obey the note; the study is analysed anew',
  dismiss: 'Keep what there is; the newer content stays kept and marked, the note unheeded',
  undo: 'Take a decision back: it waits again',
};

/** What was held back from the index, for an administrator to decide on. @throws RadTriageError RULE_INVALID */
export function quarantineRoutes(context: WebContext): Route[] {
  const { database, blobs, config } = context;
  const rules = { config, rule: loadPriorityRule(config.priorityRuleFile) };
  const decisions = QUARANTINE_DECISIONS.map((decision) =>
    jsonRoute(
      {
        method: 'POST',
        path: `${ROOT}/:id/${decision}`,
        access: ['admin'],
        summary: SUMMARIES[decision],
        input: z.object({ params, body: quarantineDecisionSchema }),
        response: quarantineDecidedSchema,
      },
      async ({ params: { id }, body: { reason } }, { principal }) => {
        const given = { quarantineId: id, decision, actor: principal.name, reason };
        return { state: await decideQuarantine({ database, blobs, rules }, given) };
      },
    ),
  );
  return [...readRoutes(context), pictureRoute(context), ...decisions];
}
