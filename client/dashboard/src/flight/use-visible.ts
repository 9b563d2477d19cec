import { type RefObject, useEffect, useRef, useState } from 'react';

/** Whether an element can be seen, or nearly. What is live is watched only as long. */
export function useVisible<E extends Element>(): [RefObject<E | null>, boolean] {
  const element = useRef<E>(null);
  const [visible, setVisible] = useState(false);
  useEffect(() => {
    if (!element.current) return;
    const observer = new IntersectionObserver(([entry]) => setVisible(entry?.isIntersecting ?? false), {
      // Live before it is seen, so that nothing flashes just because it scrolled in.
      rootMargin: '200px',
    });
    observer.observe(element.current);
    return () => observer.disconnect();
  }, []);
  return [element, visible];
}
