/** @file Likes and dislikes given on the taste page: ratings of the history, through the page's store. */
import type { AppStore } from "./app-store.ts";

/** Stars that a like and a dislike are kept as: well inside what counts as either, and not the ends, which a person may mean more by. */
export const LIKE_STARS = 4.5;
export const DISLIKE_STARS = 1.5;

/** A like or dislike given on the page, while it can be taken back. */
export interface GivenOpinion {
  readonly movieId: number;
  readonly liked: boolean;
  /** The film was not in the history before. */
  readonly added: boolean;
}

/** Rates a film, adding it to the history where it is not there yet. */
export function giveOpinion(app: AppStore, movieId: number, liked: boolean): GivenOpinion {
  const stars = liked ? LIKE_STARS : DISLIKE_STARS;
  const entry = () => app.state.getState().history.events.find((event) => event.movieId === movieId);
  const rate = (): boolean => {
    const event = entry();
    if (event !== undefined) void app.intentions.rateFilm(event.key, stars);
    return event !== undefined;
  };
  const added = entry() === undefined;
  if (!added) rate();
  else {
    // Rated as soon as it is there: before the model is asked, which would else be asked about a film that was merely watched.
    const { failure: before } = app.state.getState().history;
    const stop = app.state.subscribe(({ history: { failure } }) => {
      const isRefused = failure !== null && failure !== before;
      if (entry() === undefined && !isRefused) return;
      stop();
      if (!isRefused) rate();
    });
    void app.intentions.addFilm(movieId);
  }
  return { movieId, liked, added };
}

/** Takes an opinion back: a film that came with it goes again (the page's undo brings it back), another one loses its rating. */
export function takeOpinionBack(app: AppStore, { movieId, added }: GivenOpinion): void {
  const event = app.state.getState().history.events.find((each) => each.movieId === movieId);
  if (event === undefined) return;
  if (added) void app.intentions.removeFilm(event.key);
  else void app.intentions.rateFilm(event.key, null);
}
