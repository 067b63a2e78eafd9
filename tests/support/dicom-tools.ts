import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { splitPart10, writePart10 } from './data-set-bytes.ts';
import { peerPath } from './peers.ts';

/** Runs command line tools of dcmtk and gdcm over files in a folder of its own. */
export class DicomTools implements Disposable {
  private readonly folder = mkdtempSync(join(tmpdir(), 'radtriage-tools-'));
  private count = 0;

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Writes a data set as a Part 10 file and gives its path. */
  write(dataSet: Uint8Array, transferSyntaxUid: string): string {
    const path = this.nextPath();
    writeFileSync(path, writePart10(dataSet, transferSyntaxUid));
    return path;
  }

  /** The path of what `tool ...flags input output` wrote, or undefined when it refused. */
  convert(tool: string, flags: readonly string[], input: string): string | undefined {
    const output = this.nextPath();
    const result = spawnSync(peerPath(tool), [...flags, input, output], { encoding: 'latin1' });
    return result.status === 0 ? output : undefined;
  }

  private nextPath(): string {
    this.count += 1;
    return join(this.folder, `${this.count}.dcm`);
  }
}

/** Where the data set of a Part 10 file lies, for decoding. */
export function sourceOf(path: string) {
  const file = readFileSync(path);
  const { dataSet, transferSyntaxUid } = splitPart10(file);
  return { path, dataSetOffset: file.length - dataSet.length, transferSyntaxUid };
}
