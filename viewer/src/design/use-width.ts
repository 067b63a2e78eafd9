import { type RefObject, useLayoutEffect, useState } from 'react';

/** The inner width of an element, in CSS pixels; 0 until it stands. */
export function useWidth(element: RefObject<HTMLElement | null>): number {
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const { current } = element;
    if (current === null) return;
    const read = () => setWidth(current.clientWidth);
    const observer = new ResizeObserver(read);
    observer.observe(current);
    read();
    return () => observer.disconnect();
  }, [element]);
  return width;
}
