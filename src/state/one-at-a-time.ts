/** Runs steps strictly one after the other, in the order they were asked for; a failed step does not hold up the next. */
export type OneAtATime = <T>(step: () => Promise<T>) => Promise<T>;

export function makeOneAtATime(): OneAtATime {
  let last: Promise<unknown> = Promise.resolve();
  return (step) => {
    const mine = last.then(step, step);
    last = mine.catch(() => undefined);
    return mine;
  };
}
