/**
 * @file Repeats marked parts of a WGSL text. Registers cannot be indexed by a loop variable without spilling them to memory, so
 * a kernel that keeps a tile of sums in registers spells every one of them out.
 */
import { invariant } from "../../core/invariant.ts";

const EACH = /^\s*\/\/# each ([A-Za-z]+) < ([A-Za-z]+|\d+)$/;
const IF = /^\s*\/\/# if ([A-Z]+)$/;
const CLOSE = /^\s*\/\/# end$/;

/**
 * Expands `//# each NAME < COUNT` ... `//# end` (both on lines of their own, nesting allowed): the lines between are repeated for
 * NAME = 0 .. COUNT-1 and every `$NAME` in them becomes the number. COUNT is a number or a key of `counts`; `$COUNT` anywhere
 * becomes its value. `//# if COUNT` ... `//# end` keeps its lines where COUNT is not 0.
 */
export function unroll(source: string, counts: Readonly<Record<string, number>>): string {
  const lines = source.split("\n");
  let at = 0;

  const expandUntilClose = (bound: Readonly<Record<string, number>>, nested: boolean): string[] => {
    const out: string[] = [];
    for (; at < lines.length; at++) {
      const line = lines[at] ?? "";
      if (CLOSE.test(line)) {
        invariant(nested, `line ${at + 1} closes a repetition that was never opened`);
        return out;
      }
      const each = EACH.exec(line);
      const condition = IF.exec(line);
      if (each === null && condition === null) {
        out.push(substitute(line, bound));
        continue;
      }
      const name = each?.[1] ?? "";
      const count = each?.[2] ?? condition?.[1] ?? "";
      const value = /^\d+$/.test(count) ? Number(count) : bound[count];
      invariant(value !== undefined, `${count} on line ${at + 1} is no known count`);
      const start = at + 1;
      // Once at least, to find the end.
      for (let i = 0; i < Math.max(1, each === null ? 1 : value); i++) {
        at = start;
        const inside = expandUntilClose(each === null ? bound : { ...bound, [name]: i }, true);
        if (value > 0) out.push(...inside);
      }
    }
    invariant(!nested, "a repetition is never closed");
    return out;
  };

  return expandUntilClose(counts, false).join("\n");
}

function substitute(line: string, bound: Readonly<Record<string, number>>): string {
  return line.replace(/\$([A-Za-z]+)/g, (whole, name: string) => {
    const value = bound[name];
    invariant(value !== undefined, `${whole} has no value here`);
    return String(value);
  });
}
