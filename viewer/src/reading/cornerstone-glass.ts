/** Cornerstone's magnifier, mended for software rendering. */
import { getShouldUseCPURendering, StackViewport } from '@cornerstonejs/core';
import { MagnifyTool } from '@cornerstonejs/tools';

const GLASS = 'magnify-viewport';

/** The same viewport without what software rendering refuses to set: with it the glass would show a shrunken image. */
function withoutLutFunction(viewport: StackViewport, act: () => void): void {
  const getProperties = viewport.getProperties;
  viewport.getProperties = () => {
    const { VOILUTFunction: _, ...properties } = getProperties.call(viewport);
    return properties;
  };
  try {
    act();
  } finally {
    viewport.getProperties = getProperties;
  }
}

export class GlassTool extends MagnifyTool {
  static override toolName = MagnifyTool.toolName;

  constructor(...given: ConstructorParameters<typeof MagnifyTool>) {
    super(...given);
    const create = this._createMagnificationViewport;
    this._createMagnificationViewport = () => {
      const viewport = this.editData?.enabledElement.viewport;
      if (getShouldUseCPURendering() && viewport instanceof StackViewport) {
        withoutLutFunction(viewport, create);
      } else create();
    };
    const drag = this._dragCallback;
    this._dragCallback = (event) => {
      const glass = this.editData?.renderingEngine.getViewport(GLASS);
      // Until its image is there the glass has no camera to move.
      if (glass?.getCamera().focalPoint !== undefined) drag(event);
    };
  }
}
