/** @file Which page is shown: the part of the address after #, so that links, bookmarks and the browser's back button work by themselves. */
import { useEffect, useRef, useSyncExternalStore } from "react";

export type Place = "prediction" | "evidence";

/** `#evidence` and its sections `#evidence-…` are the evidence page; everything else is on the prediction's. */
export function placeOf(hash: string): Place {
  return hash === "#evidence" || hash.startsWith("#evidence-") ? "evidence" : "prediction";
}

/** The page shown now, and whether the person came to it from the other one. Each page is found again where it was left. */
export function usePlace(): { readonly place: Place; readonly arrived: boolean } {
  const place = useSyncExternalStore(followHash, () => placeOf(location.hash));
  const shown = useRef(place);
  const arrived = useRef(false);
  const left = useRef<Record<Place, number>>({ prediction: 0, evidence: 0 });
  if (shown.current !== place) {
    left.current[shown.current] = scrollY;
    shown.current = place;
    arrived.current = true;
  }
  useEffect(() => {
    if (!arrived.current) return;
    const target = document.getElementById(location.hash.slice(1));
    if (target === null || location.hash === "#evidence") scrollTo(0, left.current[place]);
    else target.scrollIntoView();
    if (place === "prediction") (target ?? document.getElementById("answer"))?.focus({ preventScroll: true });
  }, [place]);
  return { place, arrived: arrived.current };
}

function followHash(changed: () => void): () => void {
  addEventListener("hashchange", changed);
  return () => removeEventListener("hashchange", changed);
}
