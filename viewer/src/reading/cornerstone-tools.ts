/** Cornerstone's mouse tools: window, zoom, pan and scroll. */
import {
  addTool,
  init,
  PanTool,
  StackScrollTool,
  Enums as ToolEnums,
  ToolGroupManager,
  WindowLevelTool,
  ZoomTool,
} from '@cornerstonejs/tools';

const TOOLS = 'radtriage-tools';
const LEFT_TOOLS = {
  window: WindowLevelTool.toolName,
  zoom: ZoomTool.toolName,
  pan: PanTool.toolName,
  scroll: StackScrollTool.toolName,
} as const;

export type LeftTool = keyof typeof LEFT_TOOLS;
export const LEFT_TOOL_NAMES: readonly LeftTool[] = ['window', 'zoom', 'pan', 'scroll'];

export function startTools(): void {
  init();
  for (const tool of [WindowLevelTool, ZoomTool, PanTool, StackScrollTool]) addTool(tool);
}

/** Gives a viewport its mouse tools. */
export function bindTools(viewportId: string, engineId: string): void {
  ToolGroupManager.destroyToolGroup(TOOLS);
  const group = ToolGroupManager.createToolGroup(TOOLS);
  if (group === undefined) return;
  for (const name of Object.values(LEFT_TOOLS)) group.addTool(name);
  group.addViewport(viewportId, engineId);
  activateLeftTool('window');
}

/** What the left button does; wheel, middle and right button keep their own. */
export function activateLeftTool(left: LeftTool): void {
  const group = ToolGroupManager.getToolGroup(TOOLS);
  if (group === undefined) return;
  const { Primary, Auxiliary, Secondary, Wheel } = ToolEnums.MouseBindings;
  const bindings: Record<LeftTool, { mouseButton: number }[]> = {
    window: [],
    zoom: [{ mouseButton: Secondary }],
    pan: [{ mouseButton: Auxiliary }],
    scroll: [{ mouseButton: Wheel }],
  };
  bindings[left].push({ mouseButton: Primary });
  for (const tool of LEFT_TOOL_NAMES) {
    const name = LEFT_TOOLS[tool];
    group.setToolPassive(name, { removeAllBindings: true });
    if (bindings[tool].length > 0) group.setToolActive(name, { bindings: bindings[tool] });
  }
}

export function unbindTools(): void {
  ToolGroupManager.destroyToolGroup(TOOLS);
}
