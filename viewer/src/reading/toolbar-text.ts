import { translated } from '../languages/language.ts';

/** A tool or act in words, with its key where it has one. */
interface ToolWords {
  readonly words: string;
  readonly key?: string;
}

export const TOOLBAR_TEXT = translated('TOOLBAR_TEXT', {
  toolbar: 'Image tools',
  mouse: 'Left button',
  measure: 'Measure',
  orientation: 'Turn and flip',
  presets: 'Window',
  withKey: (words: string, key: string) => `${words} (${key})`,
  presetKey: (name: string, key: number) => `${name}, key ${key}`,
  tools: {
    cross: { words: 'Move the cross with the left button' },
    window: { words: 'Window with the left button' },
    zoom: { words: 'Zoom with the left button (right button always)', key: 'z' },
    pan: { words: 'Pan with the left button (middle button always)' },
    scroll: { words: 'Scroll with the left button (wheel always)' },
    length: { words: 'Length', key: 'd' },
    angle: { words: 'Angle', key: 'a' },
    bidirectional: { words: 'Two diameters', key: 't' },
    ellipse: { words: 'Ellipse: area, mean and spread of values', key: 'p' },
    rectangle: { words: 'Rectangle: area, mean and spread of values', key: 'x' },
    magnify: { words: 'Magnifier', key: 'w' },
    forget: { words: 'Remove all measurements', key: 'Delete' },
    invert: { words: 'Invert', key: 'i' },
    'rotate-left': { words: 'Rotate left', key: 'l' },
    'rotate-right': { words: 'Rotate right', key: 'r' },
    'flip-horizontal': { words: 'Flip left-right', key: 'h' },
    'flip-vertical': { words: 'Flip up-down', key: 'v' },
    fit: { words: 'Fit', key: '=' },
    reset: { words: 'Reset the view', key: 'Space' },
    cine: { words: 'Cine', key: 'c' },
  } satisfies Readonly<Record<string, ToolWords>>,
});

export type ToolName = keyof typeof TOOLBAR_TEXT.tools;

export function toolWords(tool: ToolName): ToolWords {
  return TOOLBAR_TEXT.tools[tool];
}
