/**
 * Cornerstone3D's own stack example with nothing around it (packages/tools/examples/stackManipulationTools, without its
 * toolbar): init, setStack, the wheel scrolls. What the reading page is measured against; `?study=UID&width=&height=`.
 */
import { Enums, init as initCore, RenderingEngine, type StackViewport } from '@cornerstonejs/core';
import { init as initLoader, wadors } from '@cornerstonejs/dicom-image-loader';
import {
  addTool,
  init as initTools,
  StackScrollTool,
  Enums as ToolEnums,
  ToolGroupManager,
  utilities,
} from '@cornerstonejs/tools';

type DicomJson = Record<string, { vr?: string; Value?: unknown[] }>;

const SERIES = '0020000E';
const SOP_INSTANCE = '00080018';
const POSITION = '00200032';

const asked = new URLSearchParams(window.location.search);
const study = asked.get('study') ?? '';

const first = (instance: DicomJson, tag: string) => String(instance[tag]?.Value?.[0] ?? '');
const height = (instance: DicomJson) => Number(instance[POSITION]?.Value?.[2] ?? 0);

async function readImageIds(): Promise<string[]> {
  const root = `${window.location.origin}/dicomweb/studies/${study}`;
  const response = await fetch(`${root}/metadata`, {
    headers: { accept: 'application/dicom+json' },
  });
  const instances: DicomJson[] = await response.json();
  return instances
    .toSorted((a, b) => height(b) - height(a))
    .map((instance) => {
      const place = `series/${first(instance, SERIES)}/instances/${first(instance, SOP_INSTANCE)}`;
      const imageId = `wadors:${root}/${place}/frames/1`;
      wadors.metaDataManager.add(imageId, instance as never);
      return imageId;
    });
}

async function run(): Promise<void> {
  const element = document.getElementById('image') as HTMLDivElement;
  element.style.width = `${asked.get('width') ?? '900'}px`;
  element.style.height = `${asked.get('height') ?? '600'}px`;
  initCore();
  initLoader();
  initTools();
  addTool(StackScrollTool);
  const imageIds = await readImageIds();
  const engine = new RenderingEngine('bare');
  engine.enableElement({ viewportId: 'bare', type: Enums.ViewportType.STACK, element });
  const group = ToolGroupManager.createToolGroup('bare');
  group?.addTool(StackScrollTool.toolName);
  group?.addViewport('bare', 'bare');
  group?.setToolActive(StackScrollTool.toolName, {
    bindings: [{ mouseButton: ToolEnums.MouseBindings.Wheel }],
  });
  const viewport = engine.getViewport('bare') as StackViewport;
  await viewport.setStack(imageIds, imageIds.length > 4 ? Math.floor(imageIds.length / 2) : 0);
  viewport.render();
  utilities.stackPrefetch.enable(element);
}

void run();
