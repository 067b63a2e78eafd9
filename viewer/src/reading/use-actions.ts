import { useLocation } from 'wouter';
import type { StudyDetail } from '#contracts/study.ts';
import { useKeys } from '../design/keyboard.ts';
import { type Action, actionOfKey } from './key-map.ts';
import { marksInStack, nextMarkedImage } from './stack-findings.ts';
import type { Cine } from './use-cine.ts';
import type { Judging } from './use-judging.ts';
import type { LinkedScroll } from './use-linked-scroll.ts';
import type { OverlayControl } from './use-overlay.ts';
import type { PanesControl } from './use-panes.ts';
import type { PriorsControl } from './use-priors.ts';
import { presetsFor } from './window-presets.ts';

interface Room {
  readonly ready: boolean;
  readonly withheld: boolean;
  readonly study: StudyDetail;
  readonly panes: PanesControl;
  readonly priors: PriorsControl;
  readonly linked: LinkedScroll;
  readonly overlay: OverlayControl;
  readonly judging: Judging;
  readonly cine: Cine;
  readonly setHelp: (open: boolean) => void;
  readonly setSigning: (open: boolean) => void;
}

/** Moves within the study: images and series. True when the action was one of these. */
function moveImages(action: Action, room: Room): boolean {
  const { state, show, viewport, stacks } = room.panes.active;
  // In a pane that is empty yet the first series is the next one.
  const stack = state === null ? -1 : stacks.indexOf(state.stack);
  const last = (stacks[stack]?.images.length ?? 1) - 1;
  const wanted = viewport.current?.wantedIndex() ?? 0;
  const goTo = (index: number) => {
    const image = Math.max(0, Math.min(last, index));
    if (stack >= 0 && image !== wanted) show({ stack, image });
  };
  switch (action.type) {
    case 'scroll':
      goTo(wanted + action.by);
      return true;
    case 'scroll-to':
      goTo(action.end === 'first' ? 0 : last);
      return true;
    case 'series':
      show({ stack: stack + action.by, image: 0 });
      return true;
    case 'marked-image': {
      const placed = state === null ? [] : marksInStack(state.stack, room.judging.marks);
      goTo(nextMarkedImage(placed, wanted, action.by) ?? wanted);
      return true;
    }
    default:
      return false;
  }
}

/** Which images are beside one another, and which of them is acted on. True when the action was one of these. */
function arrangePanes(action: Action, { panes, priors, linked }: Room): boolean {
  switch (action.type) {
    case 'layout':
      panes.setLayout(action.layout);
      return true;
    case 'next-pane':
      panes.step();
      return true;
    case 'link':
      linked.toggle();
      return true;
    case 'enlarge':
      panes.toggleEnlarged();
      return true;
    case 'prior':
      priors.step(action.by);
      return true;
    default:
      return false;
  }
}

/** Changes how the image is shown. True when the action was one of these. */
function changeView(action: Action, room: Room): boolean {
  const view = room.panes.active;
  const viewport = view.viewport.current;
  if (viewport === null || view.state === null) return false;
  switch (action.type) {
    case 'preset': {
      const own = viewport.ownWindow();
      const modality = view.state.stack.modality ?? room.study.modality;
      const presets = own === null ? [] : presetsFor(modality, own);
      const preset = presets[action.number - 1];
      if (preset !== undefined) viewport.setWindow(preset.window);
      return true;
    }
    case 'zoom':
      viewport.zoom(action.factor);
      return true;
    case 'rotate':
      viewport.rotate(action.degrees);
      return true;
    case 'invert':
      viewport.invert();
      return true;
    case 'flip-horizontal':
      viewport.flip('horizontal');
      return true;
    case 'flip-vertical':
      viewport.flip('vertical');
      return true;
    case 'fit':
      viewport.fit();
      return true;
    case 'reset':
      viewport.reset();
      return true;
    case 'measure':
      view.selectTool(view.tool === action.tool ? 'window' : action.tool);
      return true;
    case 'forget-measurements':
      viewport.forgetMeasurements();
      return true;
    case 'zoom-tool':
      view.selectTool(view.tool === 'zoom' ? 'window' : 'zoom');
      return true;
    default:
      return false;
  }
}

/** Verdicts and AI marks. True when the action was one of these. */
function judgeFindings(action: Action, { judging, overlay }: Room): boolean {
  switch (action.type) {
    case 'finding':
      judging.step(action.by);
      return true;
    case 'confirm':
      judging.confirm();
      return true;
    case 'reject':
      judging.reject();
      return true;
    case 'amend':
      judging.amend();
      return true;
    case 'add':
      judging.startAdd();
      return true;
    case 'undo':
      judging.control.undo();
      return true;
    case 'heatmap':
      overlay.toggleHeatmap();
      return true;
    case 'next-drawing':
      overlay.nextDrawing();
      return true;
    case 'next-colours':
      overlay.nextColours();
      return true;
    case 'boxes':
      overlay.toggleBoxes();
      return true;
    default:
      return false;
  }
}

export type Act = (action: Action) => void;

/** The one way in which keys and buttons act on the room. */
export function useActions(room: Room): Act {
  const [, navigate] = useLocation();
  const act: Act = (action) => {
    if (moveImages(action, room) || arrangePanes(action, room)) return;
    if (changeView(action, room)) return;
    if (judgeFindings(action, room)) return;
    switch (action.type) {
      case 'cine':
        room.cine.toggle();
        break;
      case 'sign-off':
        if (room.judging.undecidedCount > 0) room.judging.selectOpen();
        room.setSigning(true);
        break;
      case 'help':
        room.setHelp(true);
        break;
      case 'leave':
        navigate('/');
        break;
      case 'cancel':
        room.judging.stopEditing();
        room.setSigning(false);
        room.cine.stop();
        break;
      default:
        break;
    }
  };
  useKeys((event) => {
    const { ready, withheld: locationsWithheld } = room;
    const state = {
      ready,
      locationsWithheld,
      failed: room.panes.active.failed,
      onPrior: room.panes.active.isPrior,
    };
    const action = actionOfKey(event.key, state);
    if (action === null) return;
    event.preventDefault();
    act(action);
  });
  return act;
}
