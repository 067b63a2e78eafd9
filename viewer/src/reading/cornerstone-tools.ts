/** Cornerstone's mouse tools: window, zoom, pan, scroll, and those that measure. */
import {
  AngleTool,
  addTool,
  annotation,
  BidirectionalTool,
  EllipticalROITool,
  init,
  LengthTool,
  PanTool,
  RectangleROITool,
  StackScrollTool,
  Enums as ToolEnums,
  ToolGroupManager,
  WindowLevelTool,
  ZoomTool,
} from '@cornerstonejs/tools';
import { GlassTool } from './cornerstone-glass.ts';
import { PlaneLengthTool } from './cornerstone-volume-tools.ts';
import { inOwnWords } from './measured-words.ts';

const TOOLS = 'radtriage-tools';
const LEFT_TOOLS = {
  window: WindowLevelTool.toolName,
  zoom: ZoomTool.toolName,
  pan: PanTool.toolName,
  scroll: StackScrollTool.toolName,
  length: LengthTool.toolName,
  angle: AngleTool.toolName,
  bidirectional: BidirectionalTool.toolName,
  ellipse: EllipticalROITool.toolName,
  rectangle: RectangleROITool.toolName,
  magnify: GlassTool.toolName,
} as const;
const TOOL_CLASSES = [
  ...[WindowLevelTool, ZoomTool, PanTool, StackScrollTool, GlassTool],
  ...[LengthTool, AngleTool, BidirectionalTool, EllipticalROITool, RectangleROITool],
];

export type LeftTool = keyof typeof LEFT_TOOLS;
export const VIEW_TOOLS = [
  'window',
  'zoom',
  'pan',
  'scroll',
] as const satisfies readonly LeftTool[];
export const MEASURING_TOOLS = [
  'length',
  'angle',
  'bidirectional',
  'ellipse',
  'rectangle',
  'magnify',
] as const satisfies readonly LeftTool[];
export type MeasuringTool = (typeof MEASURING_TOOLS)[number];
const LEFT_TOOL_NAMES: readonly LeftTool[] = [...VIEW_TOOLS, ...MEASURING_TOOLS];

export function startTools(): void {
  init();
  for (const tool of [...TOOL_CLASSES, PlaneLengthTool]) addTool(tool);
}

function openToolGroup() {
  const group = ToolGroupManager.createToolGroup(TOOLS);
  for (const name of Object.values(LEFT_TOOLS)) group?.addTool(name);
  for (const tool of MEASURING_TOOLS) {
    const configuration = group?.getToolInstance(LEFT_TOOLS[tool])?.configuration;
    if (typeof configuration?.getTextLines !== 'function') continue;
    configuration.getTextLines = inOwnWords(configuration.getTextLines);
  }
  activateLeftTool('window');
  return group;
}

/** Gives a viewport the mouse tools, which all viewports share. */
export function bindTools(viewportId: string, engineId: string): void {
  const group = ToolGroupManager.getToolGroup(TOOLS) ?? openToolGroup();
  group?.addViewport(viewportId, engineId);
}

/** Takes the tools from a viewport; with the last one they are gone. */
export function releaseTools(viewportId: string, engineId: string): void {
  const group = ToolGroupManager.getToolGroup(TOOLS);
  group?.removeViewports(engineId, viewportId);
  if (group?.getViewportIds().length === 0) ToolGroupManager.destroyToolGroup(TOOLS);
}

type Binding = { readonly mouseButton: number } | { readonly numTouchPoints: number };

/**
 * What the left button, or one finger, does; wheel, middle and right button keep their own. Two fingers zoom and move,
 * three go through the stack.
 */
export function activateLeftTool(left: LeftTool): void {
  const group = ToolGroupManager.getToolGroup(TOOLS);
  if (group === undefined) return;
  const { Primary, Auxiliary, Secondary, Wheel } = ToolEnums.MouseBindings;
  const bindings: Record<LeftTool, Binding[]> = {
    window: [],
    zoom: [{ mouseButton: Secondary }, { numTouchPoints: 2 }],
    pan: [{ mouseButton: Auxiliary }],
    scroll: [{ mouseButton: Wheel }, { numTouchPoints: 3 }],
    ...{ length: [], angle: [], bidirectional: [], ellipse: [], rectangle: [], magnify: [] },
  };
  bindings[left].push({ mouseButton: Primary });
  for (const tool of LEFT_TOOL_NAMES) {
    const name = LEFT_TOOLS[tool];
    group.setToolPassive(name, { removeAllBindings: true });
    if (bindings[tool].length > 0) group.setToolActive(name, { bindings: bindings[tool] });
  }
}

/** Measurements live on the screen alone: they are kept nowhere. */
export function forgetMeasurements(): void {
  annotation.state.removeAllAnnotations();
}
