/** Line icons on a 20 x 20 field, drawn here: no font or image is fetched. */
const PATHS = {
  cross: 'M10 2v5.5M10 12.5V18M2 10h5.5M12.5 10H18',
  window: 'M10 3a7 7 0 1 0 0 14zM10 3a7 7 0 0 1 0 14M3.6 7.5H10M3 10h7M3.6 12.5H10',
  zoom: 'M8.5 3a5.5 5.5 0 1 0 0 11a5.5 5.5 0 0 0 0-11M12.5 12.5L17 17M6 8.5h5M8.5 6v5',
  pan: 'M10 2v16M2 10h16M7.5 4.5L10 2l2.5 2.5M7.5 15.5L10 18l2.5-2.5M4.5 7.5L2 10l2.5 2.5M15.5 7.5L18 10l-2.5 2.5',
  scroll: 'M4 5.5h12M4 10h12M4 14.5h12M13.5 2.5l2.5-1l0 0',
  length: 'M3 13L13 3l4 4L7 17zM6 10l2 2M9 7l2 2M12 4l2 2',
  angle: 'M16 16H3L14 4M9 16a6 6 0 0 0-2-4.5',
  bidirectional: 'M3 17L17 3M6.5 6.5l7 7',
  ellipse: 'M10 5c4.5 0 7 2.2 7 5s-2.5 5-7 5s-7-2.2-7-5s2.5-5 7-5',
  rectangle: 'M3 5h14v10H3z',
  magnify: 'M8.5 3a5.5 5.5 0 1 0 0 11a5.5 5.5 0 0 0 0-11M12.5 12.5L17 17',
  forget: 'M4 6h12M8 6V4h4v2M6 6l1 11h6l1-11',
  invert: 'M10 3a7 7 0 1 0 0 14a7 7 0 0 0 0-14M10 3v14M10 6h4.5M10 9h6.5M10 12h6M10 15h4',
  'rotate-right': 'M16 5v4h-4M16 9a6.5 6.5 0 1 0 .5 3',
  'rotate-left': 'M4 5v4h4M4 9a6.5 6.5 0 1 1-.5 3',
  'flip-horizontal': 'M10 2v16M7.5 5v10H2.5zM12.5 5v10h5z',
  'flip-vertical': 'M2 10h16M5 7.5h10V2.5zM5 12.5h10v5z',
  fit: 'M3 7V3h4M13 3h4v4M17 13v4h-4M7 17H3v-4',
  reset: 'M4 4v4h4M4.3 8A6.5 6.5 0 1 1 4 12',
  play: 'M6 4l10 6-10 6z',
  pause: 'M6 4v12M14 4v12',
  caret: 'M5 8l5 5 5-5',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg className="icon" viewBox="0 0 20 20" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
