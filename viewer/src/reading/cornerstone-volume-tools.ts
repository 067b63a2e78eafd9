/** Cornerstone's mouse tools over the three planes: zoom, pan and length. The cross and the window are our own. */
import {
  annotation,
  LengthTool,
  PanTool,
  Enums as ToolEnums,
  ToolGroupManager,
  ZoomTool,
} from '@cornerstonejs/tools';
import { inOwnWords } from './measured-words.ts';
import type { PlaneTool } from './planes.ts';

/** Of its own name: what is measured on the slices is not drawn on the planes, nor the other way round. */
export class PlaneLengthTool extends LengthTool {
  static override toolName = 'PlaneLength';
}

const GROUP = 'radtriage-volume-tools';
const NAMES = {
  zoom: ZoomTool.toolName,
  pan: PanTool.toolName,
  length: PlaneLengthTool.toolName,
} as const;

export function bindVolumeTools(viewportIds: readonly string[], engineId: string): void {
  const group = ToolGroupManager.createToolGroup(GROUP);
  if (group === undefined) return;
  for (const name of Object.values(NAMES)) group.addTool(name);
  const configuration = group.getToolInstance(NAMES.length)?.configuration;
  if (typeof configuration?.getTextLines === 'function') {
    configuration.getTextLines = inOwnWords(configuration.getTextLines);
  }
  for (const viewportId of viewportIds) group.addViewport(viewportId, engineId);
  activateVolumeTool('cross');
}

/** What the left button does; the right one always zooms, the middle one pans. */
export function activateVolumeTool(left: PlaneTool): void {
  const group = ToolGroupManager.getToolGroup(GROUP);
  if (group === undefined) return;
  const { Primary, Auxiliary, Secondary } = ToolEnums.MouseBindings;
  const own = { zoom: [Secondary], pan: [Auxiliary], length: [] };
  for (const tool of ['zoom', 'pan', 'length'] as const) {
    const buttons = left === tool ? [...own[tool], Primary] : own[tool];
    group.setToolPassive(NAMES[tool], { removeAllBindings: true });
    if (buttons.length === 0) {
      // Drawn, and out of the way of the cross.
      group.setToolEnabled(NAMES[tool]);
      continue;
    }
    group.setToolActive(NAMES[tool], { bindings: buttons.map((mouseButton) => ({ mouseButton })) });
  }
}

export function unbindVolumeTools(): void {
  ToolGroupManager.destroyToolGroup(GROUP);
}

/** Lengths live on the planes alone: they are kept nowhere. */
export function forgetPlaneLengths(): void {
  for (const { annotationUID, metadata } of annotation.state.getAllAnnotations()) {
    if (metadata?.toolName !== PlaneLengthTool.toolName || annotationUID === undefined) continue;
    annotation.state.removeAnnotation(annotationUID);
  }
}
