"""Recomputes every figure of an evidence bundle from the model's raw answers in it: `python recompute_evidence.py FILE`.

Needs numpy and nothing of becausal: which answer belongs to which figure, and what follows from it, is written here a second
time, after docs/formats.md, section 8. Prints a line for each kind of figure; exits with 1 if one differs.
"""

import json
import sys
from math import comb
from pathlib import Path

import numpy as np

TOLERANCE = 1e-9
failures = 0


def check(name, shown, computed):
    """Holds figures against what was computed."""
    global failures
    a, b = np.asarray(shown, float), np.asarray(computed, float)
    worst = np.abs(a - b).max(initial=0) if a.shape == b.shape else np.inf
    failures += not worst <= TOLERANCE
    print(f"{'ok  ' if worst <= TOLERANCE else 'FAIL'} {name}: {b.size} figures, largest difference {worst:.1e}")


def uniform(seed):
    """Yields Mulberry32's numbers in [0, 1)."""
    full = 0xFFFFFFFF
    while True:
        seed = (seed + 0x6D2B79F5) & full
        t = ((seed ^ (seed >> 15)) * (seed | 1)) & full
        t ^= (t + (t ^ (t >> 7)) * (t | 61)) & full
        yield (t ^ (t >> 14)) / 2**32


def shuffled(count, random):
    """Returns 0 ... count - 1 in Fisher and Yates's random order."""
    order = list(range(count))
    for i in range(count - 1, 0, -1):
        j = int(next(random) * (i + 1))
        order[i], order[j] = order[j], order[i]
    return order


def softmax(x):
    """Returns exp(x) / sum exp(x)."""
    weights = np.exp(x - x.max())
    return weights / weights.sum()


def spearman(*sides):
    """Returns the rank correlation, equals sharing their mean rank; 0 where one side ranks nothing."""
    ranks = [((v > v[:, None]).sum(0) + (v == v[:, None]).sum(0) / 2) for v in map(np.ravel, sides)]
    one, other = (r - r.mean() for r in ranks)
    spread = np.sqrt((one @ one) * (other @ other))
    return one @ other / spread if spread > 0 else 0


class Answers:
    """What the model answered, by question; the same question may have been asked twice."""

    def __init__(self, bundle, answers):
        """Indexes `answers`."""
        self.scene, self.beta, self.known = bundle["scene"], bundle["model"]["beta"], {}
        self.history, self.candidates = self.scene["history"], self.scene["candidates"]
        self.contrast = bundle["effects"]["shown"].get("value") == "contrast"
        count = min(len(self.history), self.scene["promptItems"], self.scene["recommenderItems"])
        self.events = range(len(self.history) - count, len(self.history))
        for a in answers:
            muted = a.get("mutedText", ()), a.get("mutedBehaviour", ())
            key = self.key(a["history"], a.get("promptItems"), a.get("candidates"), a.get("gateHistory"), *muted)
            self.known.setdefault(key, []).append(a)

    def key(self, history, shown, candidates, gate, *muted):
        """Returns what tells questions apart; without a number of prompt items it is the pack's."""
        shown = min(len(history), self.scene["promptItems"] if shown is None else shown)
        return shown, gate is None, *map(tuple, (history, candidates or self.candidates, gate or (), *muted))

    def ask(self, removed=(), replaced=(), added=(), candidates=None, hold=False, muted=((), ()), refill=False, which=0):
        """Returns the answer after interventions; events are places in the scene's history."""
        first = 0 if refill else max(0, len(self.history) - self.scene["recommenderItems"])
        kept = [e for e in range(first, len(self.history)) if e not in removed]
        items = [dict(replaced).get(e, self.history[e]) for e in kept] + list(added)
        shown = None if refill else min(self.scene["promptItems"], len(self.events) - len(removed) + len(added))
        places = [[place for place, e in enumerate(kept) if e in channel] for channel in muted]
        return self.known[self.key(items, shown, candidates, self.history[first:] if hold else None, *places)][which]

    def find(self, **interventions):
        """Returns the answer after interventions, or None."""
        try:
            return self.ask(**interventions)
        except KeyError:
            return None

    def verdict(self, answer):
        """Returns v of an answer: the verdicts, or their contrast with the mean of the scene's candidates."""
        verdict = np.array(answer["verdict"])
        return verdict - verdict.mean() if self.contrast else verdict

    def shown(self, answer):
        """Returns verdict + beta * SASRec score."""
        return np.array(answer["verdict"]) + self.beta * np.array(answer["sasrec"])

    def values(self, held=None, **interventions):
        """Returns verdict, shown score and probability `[3, candidates]`; `held`: those whose gate and SASRec part are held."""
        answer = self.ask(hold=held is not None, **interventions)
        verdict = self.verdict(answer)
        shown = self.shown(answer) if held is None else held[1] + verdict - held[0]
        return np.stack([verdict, shown, softmax(shown)])

    def margin(self, target, items, **interventions):
        """Returns the nats of shown score between `target` and the best of the other items."""
        shown, place = self.shown(self.ask(candidates=items, refill=True, **interventions)), items.index(target)
        return shown[place] - np.delete(shown, place).max()

    def standings(self, name, standings, **interventions):
        """Checks a whole slate."""
        answer = self.ask(candidates=[s["item"] for s in standings], **interventions)
        shown = self.shown(answer)
        ranks = np.argsort(np.argsort(-shown, kind="stable")) + 1
        figures = {"verdict": answer["verdict"], "shown": shown, "probability": softmax(shown), "rank": ranks}
        for key, values in figures.items():
            check(f"{name}, {key}", [s[key] for s in standings], values)


def check_map(name, shown, answers):
    """Checks the effects of a map of any method, and their standard errors."""
    events, rows = answers.events, shown["rows"]
    full = answers.values()
    held = full if shown["question"] == "prompt-only" else None
    known = {frozenset(events): full}

    def v(kept):
        if (kept := frozenset(kept)) not in known:
            known[kept] = answers.values(held, removed=set(events) - kept)
        return known[kept]

    if shown["method"] == "leave-one-out":
        draws = [[full - v(set(events) - {e})] for e in events]
    elif shown["method"] == "replacement":
        stand_ins = [(e, row["replacedBy"]) for e, row in zip(events, rows, strict=True)]
        draws = [[full - answers.values(held, replaced=[(e, j)]) for j in others] for e, others in stand_ins]
    elif "pairs" in shown:
        random, draws = uniform(shown["seed"]), [[] for _ in events]
        for _ in range(shown["pairs"]):
            order = [events[place] for place in shuffled(len(events), random)]
            chains = [(o, o.index(e)) for e in events for o in (order, order[::-1])]
            steps = [v(o[: at + 1]) - v(o[:at]) for o, at in chains]
            for drawn, one, other in zip(draws, steps[::2], steps[1::2], strict=True):
                drawn.append((one + other) / 2)
    else:
        subsets = [{e for i, e in enumerate(events) if bits >> i & 1} for bits in range(2 ** len(events))]
        weight = [1 / (len(events) * comb(len(events) - 1, size)) for size in range(len(events))]
        draws = [[sum(weight[len(s)] * (v(s | {e}) - v(s)) for s in subsets if e not in s)] for e in events]
    for i, key in enumerate(("deltaNats", "deltaShown", "deltaProbability")):
        check(f"{name}, {key}", [row[key] for row in rows], [np.mean(d, 0)[i] for d in draws])
    errors = [np.std(d, 0, ddof=1)[0] / len(d) ** 0.5 for d in draws if len(d) > 1]
    check(f"{name}, standard errors", [row["standardError"] for row in rows if "standardError" in row], errors)
    check(f"{name}, verdicts", shown["fullVerdict"], full[0])


def check_channels(report, answers):
    """Checks the 2 x 2 of each item and of all items."""
    for events, shown in [*(([i["event"]], i) for i in report["items"]), (answers.events, report["whole"])]:
        sides = (((), ()), ((), events), (events, ()), (events, events))
        v11, v10, v01, v00 = found = [np.array(answers.ask(muted=muted)["verdict"]) for muted in sides]
        found += [v11 - v01, v11 - v10, v11 - v10 - v01 + v00]
        keys = ("v11", "v10", "v01", "v00", "text", "behaviour", "interaction")
        check(f"channels of events {list(events)}", [shown[key] for key in keys], found)


def check_strips(strips, answers, hold):
    """Checks the titles token by token."""
    with_, without = answers.ask()["titles"], answers.ask(removed=answers.events, hold=hold)["titles"]
    for strip, *sides in zip(strips, with_, without, strict=True):
        one, other = (np.array([token["logProbNats"] for token in side]) for side in sides)
        keys = ("logWith", "logWithout", "deltaNats", "deltaProbability")
        found = [one, other, one - other, np.exp(one) - np.exp(other)]
        check(f"strip of item {strip['item']}", [[t[key] for t in strip["tokens"]] for key in keys], found)
        check(f"strip of item {strip['item']}, sum", strip["deltaNats"], (one - other).sum())


def check_audit(part, matrix, real, control):
    """Checks what the audit of a map shows, the maps it compares with, and its verdict."""
    shown, hold, n = part["shown"], matrix["question"] == "prompt-only", len(real.events)
    nats = np.array([row["deltaNats"] for row in matrix["rows"]])
    # Both ends were asked anew, after the map.
    full = real.values(which=-1)[0]
    whole = full - real.verdict(real.ask(removed=real.events, hold=hold, which=-1))
    sums = {"sum": nats.sum(0), "whole": whole, "error": nats.sum(0) - whole}
    for key, values in sums.items():
        check(f"audit, completeness, {key}", shown["completeness"][key], values)
    found = {"completeness": np.abs(sums["error"]).max()}
    if size := min(3, n // 2):
        random, groups = uniform(part["seed"]), {}
        while len(groups) < min(10, comb(n, size)):
            groups[tuple(sorted(shuffled(n, random)[:size]))] = list(real.candidates)
        draws, columns = list(groups), range(len(full))
        tops = [tuple(sorted(np.argsort(-nats[:, c], kind="stable")[:size])) for c in columns]
        for c, top in enumerate(tops):
            about = groups.setdefault(top, [])
            about += [real.candidates[c]] * (real.candidates[c] not in about)

        def drop(group, c):
            removed = [real.events[i] for i in group]
            # A contrast is with all candidates, and so are groups whose answers the map had already.
            whole_group = real.find(removed=removed, hold=hold)
            if real.contrast or whole_group:
                return full[c] - real.verdict(whole_group)[c]
            answer = real.ask(removed=removed, candidates=groups[group], hold=hold)
            return full[c] - answer["verdict"][groups[group].index(real.candidates[c])]

        def figures(lost):
            own, others = [lost(t, c) for c, t in enumerate(tops)], np.array([[lost(g, c) for c in columns] for g in draws])
            scale = np.abs(others).mean()
            return own, others.mean(0), 1 + (np.mean(own) - others.mean()) / scale if scale > 1e-4 else 1

        for key, values in zip(("top", "random", "ratio"), figures(drop), strict=True):
            check(f"audit, deletion, {key}", shown["deletion"][key], values)
        found["deletion"] = figures(drop)[2]
        bound = 0.5 + figures(lambda g, c: nats[list(g), c].sum())[2] / 2 - 0.1
        check("audit, bound of deletion", [c["bound"] for c in shown["checks"] if c["name"] == "deletion"], [bound])
    check_map("map of random weights", part["controlMap"], control)
    for number, redrawn in enumerate(part["redrawn"], 1):
        check_map(f"map drawn anew {number}", redrawn, real)
    ranks = [spearman(nats, [row["deltaNats"] for row in m["rows"]]) for m in (part["controlMap"], *part["redrawn"])]
    check("audit, random weights", shown["randomised"]["rankCorrelation"], ranks[0])
    found["randomised"] = abs(ranks[0])
    if part["redrawn"]:
        found["stability"] = np.mean(ranks[1:])
        check("audit, stability", shown["stability"]["rankCorrelation"], found["stability"])
    for c in shown["checks"]:
        is_most = c["name"] in ("completeness", "randomised")
        check(f"audit, check of {c['name']}", c["value"], found[c["name"]])
        check(f"audit, verdict on {c['name']}", c["passed"], c["value"] <= c["bound"] if is_most else c["value"] >= c["bound"])
    check("audit, verdict", shown["passed"], all(c["passed"] for c in shown["checks"]))
    check("audit, passes", shown["forwardPasses"], len(part["answers"]) + len(part["controlAnswers"]))


def check_counterfactual(shown, answers):
    """Checks the edits' margins, each on the whole slate that it is offered; what was asked again is shown as answered last."""
    target = shown["target"]
    slate = [s["item"] for s in shown["before"]]
    check("counterfactual, margin before", shown["marginBefore"], answers.margin(target, slate))
    answers.standings("counterfactual, before", shown["before"], refill=True)
    if closest := shown["closest"]:
        items, edit = [s["item"] for s in closest["standings"]], {**closest["edit"], "which": -1}
        check("counterfactual, closest", closest["margin"], answers.margin(target, items, **edit))
        answers.standings("counterfactual, closest", closest["standings"], refill=True, **edit)
    if shown["outcome"] == "found":
        items, edit = [s["item"] for s in shown["after"]], {**shown["edit"], "which": -1}
        check("counterfactual, margin after", shown["marginAfter"], answers.margin(target, items, **edit))
        answers.standings("counterfactual, after", shown["after"], refill=True, **edit)
        check("counterfactual, rank", [s["rank"] for s in shown["after"] if s["item"] == target], [1])


def check_slate(shown, slate, answers):
    """Checks the ranking, of which the first films are shown."""
    answer = answers.ask(candidates=slate, refill=True)
    score = answers.shown(answer)
    order = np.argsort(-score, kind="stable") if shown["personal"] else np.arange(len(score))
    places = order[: len(shown["ranked"])]
    check("slate, films", [film["item"] for film in shown["ranked"]], np.array(slate)[places])
    figures = {"verdict": answer["verdict"], "sasrec": answer["sasrec"], "shown": score, "probability": softmax(score)}
    for key, values in {**figures, "sasrecRank": np.arange(len(score)) + 1}.items():
        check(f"slate, {key}", [film[key] for film in shown["ranked"]], np.array(values)[places])


def recompute(bundle):
    """Checks all that the bundle shows."""
    matrix, hold = bundle["effects"]["shown"], bundle["question"] == "prompt-only"
    parts = {name: part for name, part in bundle.items() if isinstance(part, dict) and "answers" in part}
    answers = {name: Answers(bundle, part["answers"]) for name, part in parts.items()}
    check_map("effects", matrix, answers["effects"])
    if "slate" in parts:
        slate = parts["slate"]["answers"][0].get("candidates", bundle["scene"]["candidates"])
        check_slate(parts["slate"]["shown"], slate, answers["slate"])
    if "channels" in parts:
        check_channels(parts["channels"]["shown"], answers["channels"])
    if "strips" in parts:
        check_strips(parts["strips"]["shown"], answers["strips"], hold)
    if "audit" in parts:
        # What the map had asked was not asked again.
        real = Answers(bundle, [*parts["effects"]["answers"], *parts["audit"]["answers"]])
        check_audit(parts["audit"], matrix, real, Answers(bundle, parts["audit"]["controlAnswers"]))
    if "counterfactual" in parts:
        check_counterfactual(parts["counterfactual"]["shown"], answers["counterfactual"])
    if "whatIf" in parts:
        shown = parts["whatIf"]["shown"]
        answers["whatIf"].standings("what if, before", shown["before"])
        answers["whatIf"].standings("what if, after", shown["after"], added=[shown["item"]])
    print(f"{failures} of the above differ" if failures else "every figure follows from the answers")


if __name__ == "__main__":
    recompute(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    sys.exit(1 if failures else 0)
