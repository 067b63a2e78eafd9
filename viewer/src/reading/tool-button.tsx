import { Icon, type IconName } from './icons.tsx';
import { TOOLBAR_TEXT as T, type ToolName, toolWords } from './toolbar-text.ts';

/** One tool: its sign alone in the line, with its words and key where it is folded away. */
export function ToolButton(props: {
  readonly tool: ToolName;
  readonly icon: IconName;
  readonly pressed?: boolean;
  readonly disabled: boolean;
  readonly onPress: () => void;
}) {
  const { words, key } = toolWords(props.tool);
  return (
    <button
      type="button"
      className="tool"
      title={key === undefined ? words : T.withKey(words, key)}
      aria-label={words}
      aria-keyshortcuts={key}
      aria-pressed={props.pressed}
      disabled={props.disabled}
      onClick={(event) => {
        // After a mouse click the keys belong to the image again, the space bar too.
        if (event.detail > 0) event.currentTarget.blur();
        props.onPress();
      }}
    >
      <Icon name={props.icon} />
      <span className="tool-words" data-key={key}>
        {words}
      </span>
    </button>
  );
}
