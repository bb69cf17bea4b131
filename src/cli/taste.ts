/** @file `becausal taste`: the persona that a few liked and disliked films make, why, and what it ranks. */
import { join } from "node:path";
import { present } from "../core/invariant.ts";
import { type Film, filmName } from "../model/film.ts";
import { PREFERENCE_SPACE_FILE, readPreferenceSpace } from "../model/preference-space-file.ts";
import type { JudgedItems } from "../persona/opinions.ts";
import {
  bySureness,
  type DirectionState,
  inferPersona,
  type Override,
  type Overrides,
  type Persona,
  type Stance,
  spokenDirections,
  tasteScore,
} from "../persona/persona.ts";
import type { PreferenceSpace } from "../persona/preference-space.ts";
import { type RankedByTaste, rankByTaste, TASTE_WEIGHT } from "../scores/taste-ranking.ts";
import { CONDITIONINGS, checkTold, toldBy, toldScore } from "../scores/told.ts";
import type { Command } from "./command.ts";
import { readDisk } from "./disk-fetcher.ts";
import { packFolderOf, type Recommender, withRecommender } from "./open-recommender.ts";
import { rankFor } from "./recommend.ts";
import { percent, signed, textTable } from "./text-table.ts";
import {
  BACKEND_HELP,
  BACKEND_OPTIONS,
  choiceOption,
  deviceOption,
  listOptions,
  PACK_HELP,
  PACK_OPTIONS,
  parse,
  UsageError,
  wholeOption,
} from "./usage.ts";

const SHOWN_DIRECTIONS = 12;
const SHOWN_SUPPORT = 2;
/** Shares of a direction smaller than this explain nothing. */
const LEAST_SUPPORT = 0.01;
const BAR_WIDTH = 20;
const LISTS = ["likes", "dislikes", "for", "against", "neutral"] as const;

interface TasteAnswer {
  readonly liked: readonly Film[];
  readonly disliked: readonly Film[];
  readonly persona: Persona;
  readonly ranked: readonly RankedByTaste[];
  readonly recommender: Recommender;
}

export const tasteCommand: Command = {
  name: "taste",
  summary: "the persona that a few films make, and its ranking",
  help: `Usage: becausal taste --likes TITLE... [--dislikes TITLE...] [options]

  --likes TITLE...       films you like: "Alien (1979)"
  --dislikes TITLE...    films you do not like
  --for DIRECTION...     directions you are for, whatever the films say: horror, era-1980 (a name or an id; --all lists them)
  --against DIRECTION... directions you are against
  --neutral DIRECTION... directions that are to say nothing
  --conditioning none|ica|pba|both
                         what the language model is told: nothing, your films as examples, your persona, or both; packs that
                         were not trained for it refuse (default none)
  --top N                how many films to show (default 10)
  --all                  every direction, not the ${SHOWN_DIRECTIONS} surest alone
${BACKEND_HELP}
${PACK_HELP}
  --json                 machine-readable, every direction`,

  async run(args) {
    const { values, tokens } = parse({
      args: [...args],
      allowPositionals: true,
      tokens: true,
      options: {
        likes: { type: "string", multiple: true },
        dislikes: { type: "string", multiple: true },
        for: { type: "string", multiple: true },
        against: { type: "string", multiple: true },
        neutral: { type: "string", multiple: true },
        conditioning: { type: "string", default: "none" },
        top: { type: "string", default: "10" },
        all: { type: "boolean", default: false },
        ...BACKEND_OPTIONS,
        ...PACK_OPTIONS,
        json: { type: "boolean", default: false },
      },
    });
    const lists = listOptions(LISTS, tokens);
    for (const name of LISTS)
      if (lists[name].some((word) => word.trim() === ""))
        throw new UsageError(`a word of --${name} is empty`);
    const conditioning = choiceOption("conditioning", values.conditioning, CONDITIONINGS);
    const top = wholeOption("top", values.top, 1, 1000);
    const options = {
      ...deviceOption(values),
      pack: values.pack,
      items: values.items,
      base: values.base,
    };
    return withRecommender(options, async (recommender) => {
      const space = await openSpace(values.pack, recommender);
      const overrides = overridesOf(space, lists);
      const liked = recommender.find(lists.likes);
      const disliked = recommender.find(lists.dislikes);
      const both = liked.find((film) => disliked.includes(film));
      if (both !== undefined) throw new UsageError(`"${filmName(both)}" is both liked and disliked`);
      const opinions = { liked: unique(liked), disliked: unique(disliked) };
      const persona = inferPersona(space, opinions, overrides);
      const told = toldBy(conditioning, persona, opinions);
      const { name, prompt } = recommender.manifest;
      checkTold(told, { name, pieces: prompt.pieces }, "; leave --conditioning out");
      const ranked = await rankSlate(space, persona, opinions, top, {
        ...recommender,
        score: toldScore(recommender.score, told),
      });
      const answer = { liked, disliked, persona, ranked, recommender };
      return values.json ? JSON.stringify(toJson(answer), null, 1) : toText(answer, values.all);
    });
  },
};

async function openSpace(
  pack: string | undefined,
  { manifest, films }: Recommender,
): Promise<PreferenceSpace> {
  const path = join(packFolderOf(pack), PREFERENCE_SPACE_FILE);
  return readPreferenceSpace(await readDisk(path), path, { sha256: manifest.catalogue.sha256, films });
}

function unique(films: readonly Film[]) {
  return [...new Set(films.map(({ id }) => id))];
}

function overridesOf(
  { directions }: PreferenceSpace,
  lists: Record<"for" | "against" | "neutral", readonly string[]>,
): Overrides {
  const overrides = new Map<string, Override>();
  const states: readonly DirectionState[] = ["for", "against", "neutral"];
  for (const state of states)
    for (const word of lists[state]) {
      const wanted = word.toLowerCase();
      const direction = directions.find(({ id, name, phrase }) =>
        [id, name.en.toLowerCase(), name.ja, phrase.toLowerCase()].includes(wanted),
      );
      if (direction === undefined)
        throw new UsageError(
          `there is no direction "${word}"; there are ${directions.map(({ id }) => id).join(", ")}`,
        );
      if (overrides.has(direction.id)) throw new UsageError(`"${word}" was decided twice`);
      overrides.set(direction.id, { state, by: "set" });
    }
  return overrides;
}

/** The pack's slate after the liked films, in the order of the pack's score and the taste together. */
async function rankSlate(
  space: PreferenceSpace,
  { taste }: Persona,
  { liked, disliked }: JudgedItems,
  top: number,
  recommender: Recommender,
): Promise<readonly RankedByTaste[]> {
  const { ranked } = await rankFor(liked, recommender.manifest.slate.size, recommender);
  const unjudged = ranked.filter(({ item }) => !disliked.includes(item));
  return rankByTaste(unjudged, (item) => tasteScore(space, taste, item)).slice(0, top);
}

function toJson({ liked, disliked, persona, ranked, recommender }: TasteAnswer) {
  const { films, engine } = recommender;
  return {
    liked: liked.map(filmName),
    disliked: disliked.map(filmName),
    persona: persona.stances.map(({ direction, support, override, ...stance }) => ({
      id: direction.id,
      name: direction.name,
      definition: direction.definition,
      ...stance,
      override,
      support: support.map(({ item, value }) => ({ film: nameOf(films, item), value })),
    })),
    prompt: spokenDirections(persona),
    recommendations: ranked.map((each, i) => {
      const { movieId, title, year } = present(films[each.item], "the film");
      return { rank: i + 1, movieId, title, year, ...each };
    }),
    tasteWeight: TASTE_WEIGHT,
    backend: engine.backend,
    adapter: engine.adapterName,
  };
}

function toText({ persona, ranked, recommender: { films } }: TasteAnswer, all: boolean): string {
  const surest = bySureness(persona.stances);
  const shown = surest.filter(({ state }, i) => all || state !== "neutral" || i < SHOWN_DIRECTIONS);
  const directions = shown.map((stance) => [
    stance.direction.name.en,
    `${stance.state}${stance.override === null ? "" : " (yours)"}`,
    bar(stance.probability),
    percent(stance.probability),
    supportText(stance, films),
  ]);
  const { likes, dislikes } = spokenDirections(persona);
  const told = [...likes.map((phrase) => `+ ${phrase}`), ...dislikes.map((phrase) => `− ${phrase}`)];
  const rows = ranked.map(({ item, shown: score, taste }, i) => [
    `${i + 1}`,
    nameOf(films, item),
    signed(score + TASTE_WEIGHT * taste, 2),
    signed(score, 2),
    signed(taste, 2),
  ]);
  return [
    textTable(
      [["direction", "state", "against ← → for", "P(for)", "because of"], ...directions],
      ["left", "left", "left", "right", "left"],
    ),
    "",
    told.length === 0
      ? "No direction is sure enough to speak of: for needs P(for) ≥ 80 %, against ≤ 20 %."
      : `What a prompt would be told: ${told.join(", ")}.`,
    "",
    textTable(
      [["", "film", "total", "pack", "taste"], ...rows],
      ["right", "left", "right", "right", "right"],
    ),
    "",
    `P(for): the chance that you like the direction more than the people of the training data do. Scores in nats; taste counts ${TASTE_WEIGHT} to 1.`,
  ].join("\n");
}

/** `·····│███·····`: from the middle towards the side that the probability is on. */
function bar(probability: number): string {
  const half = BAR_WIDTH / 2;
  const filled = Math.round(Math.abs(probability - 0.5) * BAR_WIDTH);
  const empty = "·".repeat(half);
  const side = "█".repeat(filled);
  return probability < 0.5
    ? `${"·".repeat(half - filled)}${side}│${empty}`
    : `${empty}│${side}${"·".repeat(half - filled)}`;
}

function supportText({ support }: Stance, films: readonly Film[]): string {
  return support
    .filter(({ value }) => Math.abs(value) >= LEAST_SUPPORT)
    .slice(0, SHOWN_SUPPORT)
    .map(({ item, value }) => `${nameOf(films, item)} ${signed(value, 2)}`)
    .join(", ");
}

function nameOf(films: readonly Film[], item: Film["id"]): string {
  return filmName(present(films[item], "the film"));
}
