import { expect, test } from "vitest";
import { PromptForest } from "./prompt-forest.ts";
import { historyPrompt, passPrompt } from "./prompts-fixture.ts";

test("asking how many rows a prompt would add changes nothing, and is what it adds", () => {
  const forest = new PromptForest();
  for (const prompt of [
    passPrompt(historyPrompt([1, 2], [31, 32]), [1]),
    passPrompt(historyPrompt([1, 2], [31, 32]), [2]),
    passPrompt(historyPrompt([2], [32, 31]), [1]),
    passPrompt(historyPrompt([1, 2, 3], [33]), [2]),
    passPrompt(historyPrompt([1, 2], [32]), [1]),
  ]) {
    const [rows, before] = [forest.rows, forest.depthFirst()];
    const added = forest.rowsAdded(prompt);
    expect(forest.rowsAdded(prompt)).toBe(added);
    expect(forest.rows).toBe(rows);
    expect(forest.depthFirst()).toEqual(before);
    forest.add(prompt);
    expect(forest.rows).toBe(rows + added);
    expect(forest.rowsAdded(prompt)).toBe(0);
  }
});

test("siblings stand in the order in which they came", () => {
  const forest = new PromptForest();
  const nodes = forest.add(passPrompt(historyPrompt([1], [31, 32, 33]), [1]));
  const { rowOfNode } = forest.depthFirst();
  expect(Array.from(nodes, (node) => rowOfNode[node])).toEqual([...nodes.keys()]);
});
