/** @file Which page is shown: the part of the address after #, so that links, bookmarks and the browser's back button work by themselves. */
import { useEffect, useRef, useSyncExternalStore } from "react";

/** In the order in which the masthead names them. */
export const places = ["prediction", "taste", "learn", "lab", "evidence"] as const;
export type Place = (typeof places)[number];

/** `#taste` and its sections `#taste-…` are the taste page, and so on; everything else is on the prediction's. */
export function placeOf(hash: string): Place {
  return places.find((place) => hash === `#${place}` || hash.startsWith(`#${place}-`)) ?? "prediction";
}

/** The page shown now, and whether the person came to it from another one. Each page is found again where it was left. */
export function usePlace(): { readonly place: Place; readonly arrived: boolean } {
  const place = useSyncExternalStore(followHash, () => placeOf(location.hash));
  const shown = useRef(place);
  const arrived = useRef(false);
  const left = useRef<Partial<Record<Place, number>>>({});
  if (shown.current !== place) {
    left.current[shown.current] = scrollY;
    shown.current = place;
    arrived.current = true;
  }
  useEffect(() => {
    if (!arrived.current) return;
    const target = document.getElementById(location.hash.slice(1));
    if (target === null || location.hash === `#${place}`) scrollTo(0, left.current[place] ?? 0);
    else target.scrollIntoView();
    if (place === "prediction") (target ?? document.getElementById("answer"))?.focus({ preventScroll: true });
  }, [place]);
  return { place, arrived: arrived.current };
}

function followHash(changed: () => void): () => void {
  addEventListener("hashchange", changed);
  return () => removeEventListener("hashchange", changed);
}
