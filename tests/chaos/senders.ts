import { createHash } from 'node:crypto';
import { openAssociation, type ScuAssociation } from '#dicom/dimse/scu.ts';
import { deriveUid } from '#dicom/part10/derive-uid.ts';
import { createRandom, type Random } from '#test-data/random.ts';
import { generateStudy } from '#test-data/study.ts';
import { unpack } from '../support/intake.ts';

/** What a sender has to send: the bytes of the network, and their digest. */
interface Image {
  readonly sopInstanceUid: string;
  readonly sopClassUid: string;
  readonly transferSyntaxUid: string;
  readonly dataSet: Buffer;
}

export interface Acknowledged {
  readonly studyInstanceUid: string;
  /** Of the data set, lower-case hex. */
  readonly sha256: string;
}

export interface Tally {
  /** By SOP Instance UID: all that was answered with Success. */
  readonly acknowledged: Map<string, Acknowledged>;
  readonly studies: Set<string>;
  /** Requests made again because the first got no answer, or another one than Success. */
  resent: number;
  /** Images under way now. */
  busy: number;
  /** Time of the last Success, milliseconds since the epoch. */
  lastSuccessAt: number;
}

export interface SenderOptions {
  readonly to: { readonly host: string; readonly port: number; readonly aeTitle: string };
  readonly seed: number;
  /** Longest rest between two studies of one sender, milliseconds. */
  readonly restMs: number;
  readonly isOver: () => boolean;
}

const SLICES = 16;
const TRY_AGAIN_MS = 150;

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Gives a study's files other UIDs of the same length, in place: generating each anew would cost seconds. */
class StudyPress {
  readonly #files: readonly { bytes: Buffer; sopInstanceUid: string }[];
  readonly #studyInstanceUid: string;

  constructor(seed: string) {
    const study = generateStudy({ kind: 'CT', seed, lesion: null, slices: SLICES, matrix: 96 });
    this.#files = study.files.map(({ bytes, sopInstanceUid }) => ({
      bytes: Buffer.from(bytes),
      sopInstanceUid,
    }));
    this.#studyInstanceUid = study.studyInstanceUid;
  }

  print(name: string): { studyInstanceUid: string; images: Image[] } {
    const studyInstanceUid = sameLength(this.#studyInstanceUid, name);
    const images = this.#files.map(({ bytes, sopInstanceUid }, index) => {
      const own = sameLength(sopInstanceUid, `${name} ${index}`);
      const text = bytes
        .toString('latin1')
        .replaceAll(this.#studyInstanceUid, studyInstanceUid)
        .replaceAll(sopInstanceUid, own);
      const { instance, dataSet } = unpack(Buffer.from(text, 'latin1'));
      const { sopClassUid, transferSyntaxUid } = instance;
      return { sopInstanceUid: own, sopClassUid, transferSyntaxUid, dataSet };
    });
    return { studyInstanceUid, images };
  }
}

/** A UID under the root of all UUIDs (PS3.5 B.2), as long as the one that it takes the place of. */
function sameLength(uid: string, name: string): string {
  const digits = deriveUid([name]).slice('2.25.'.length).padEnd(64, '7');
  return `2.25.${digits.slice(0, uid.length - '2.25.'.length)}`;
}

async function associate({ to }: SenderOptions, image: Image): Promise<ScuAssociation> {
  return openAssociation({
    host: to.host,
    port: to.port,
    calledAe: to.aeTitle,
    callingAe: 'CHAOS',
    contexts: [{ abstractSyntax: image.sopClassUid, transferSyntaxes: [image.transferSyntaxUid] }],
  });
}

async function* inChunks(bytes: Buffer): AsyncIterable<Buffer> {
  for (let at = 0; at < bytes.length; at += 16_384) yield bytes.subarray(at, at + 16_384);
}

/** Sends until Success: what failed, or was never answered, is sent again, as a modality does. */
async function sendStudy(
  study: { studyInstanceUid: string; images: readonly Image[] },
  options: SenderOptions,
  tally: Tally,
): Promise<void> {
  let association: ScuAssociation | undefined;
  for (const image of study.images) {
    for (let tries = 0; ; tries += 1) {
      if (tries > 0) tally.resent += 1;
      tally.busy += 1;
      try {
        association ??= await associate(options, image);
        const { status } = await association.store({ ...image, dataSet: inChunks(image.dataSet) });
        if (status !== 0) throw new Error(`status ${status.toString(16)}`);
        const sha256 = createHash('sha256').update(image.dataSet).digest('hex');
        const { studyInstanceUid } = study;
        tally.acknowledged.set(image.sopInstanceUid, { studyInstanceUid, sha256 });
        tally.studies.add(studyInstanceUid);
        tally.lastSuccessAt = Date.now();
        break;
      } catch {
        association?.abort();
        association = undefined;
        await pause(TRY_AGAIN_MS);
      } finally {
        tally.busy -= 1;
      }
    }
  }
  await association?.release().catch(() => undefined);
}

/** One sender: study after study with rests in between, until it is over; the last one is sent to its end. */
export async function keepSending(
  number: number,
  options: SenderOptions,
  tally: Tally,
): Promise<void> {
  const random: Random = createRandom(options.seed, 'sender', number);
  const press = new StudyPress(`chaos ${options.seed} ${number}`);
  for (let count = 0; !options.isOver(); count += 1) {
    await sendStudy(press.print(`chaos ${options.seed} ${number} ${count}`), options, tally);
    await pause(random.between(0, options.restMs));
  }
}
