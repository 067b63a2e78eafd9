import { RadTriageError } from '#core/errors.ts';
import { DataSetChecker } from '#dicom/part10/data-set-checker.ts';
import type { IncomingInstance, InstanceReceiver, InstanceSink } from '#intake/types.ts';

export interface KeptInstance {
  readonly instance: IncomingInstance;
  readonly dataSet: Buffer;
}

/** Stands for intake where a test is about the network: checks the structure and keeps the bytes in memory. */
export class MemoryReceiver implements InstanceReceiver {
  readonly kept: KeptInstance[] = [];
  readonly aborted: IncomingInstance[] = [];
  /** Objects that are being received. */
  opened = 0;
  /** When set, awaited before an object counts as kept. */
  beforeFinish: (() => Promise<void>) | undefined;
  /** When set, awaited with each chunk: a slow disk. */
  beforeWrite: (() => Promise<void>) | undefined;

  open(instance: IncomingInstance): InstanceSink {
    const checker = new DataSetChecker(instance.transferSyntaxUid);
    const chunks: Buffer[] = [];
    this.opened += 1;
    return {
      write: async (chunk) => {
        const kept = Buffer.from(chunk);
        await this.beforeWrite?.();
        await checker.write(kept);
        chunks.push(kept);
      },
      finish: async () => {
        this.opened -= 1;
        await checker.end();
        if (checker.uids.sopInstanceUid !== instance.sopInstanceUid) {
          throw new RadTriageError('DICOM_UID_MISMATCH', 'the SOP instance UIDs differ');
        }
        await this.beforeFinish?.();
        this.kept.push({ instance, dataSet: Buffer.concat(chunks) });
        const outcome = { outcome: 'stored', instanceKey: String(this.kept.length) } as const;
        return { indexed: Promise.resolve(outcome) };
      },
      abort: async () => {
        this.opened -= 1;
        checker.dispose();
        this.aborted.push(instance);
      },
    };
  }
}
