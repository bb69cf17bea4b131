import type { JSX } from "react";
import { Trans, useTranslation } from "react-i18next";
import { TASTE_WEIGHT } from "../../../scores/taste-ranking.ts";
import type { FilmIndex } from "../../../state/film-index.ts";
import type { Duel, Rival } from "../../../state/taste-state.ts";
import { FilmTitle } from "../../charts/FilmTitle.tsx";
import { Rankings } from "../../charts/Rankings.tsx";
import { useFormats } from "../../i18n/use-formats.ts";
import { useApp } from "../../store-context.tsx";
import { Button } from "../Button.tsx";
import { PageSection } from "../PageSection.tsx";
import { OpenedNote } from "./OpenedNote.tsx";
import { PersonaPicker } from "./PersonaPicker.tsx";
import styles from "./TwoTastes.module.css";
import { useTaste, useTasteIntentions } from "./taste-context.tsx";

/** Places of either ranking that are shown. */
const TOP = 10;
const stock = ["mirror", "everyone", "blockbusters", "classics"] as const;

/** One slate ranked by one's own taste and by another one. */
export function TwoTastes({ films }: { readonly films: FilmIndex }): JSX.Element {
  const { t } = useTranslation("taste");
  const rival = useTaste((state) => state.rival);
  const duel = useTaste((state) => state.duel);
  const { chooseRival } = useTasteIntentions();
  return (
    <PageSection id="taste-two" gap="tight" heading={t("two.heading")} lead={t("two.lead")}>
      <div className={styles["choice"]}>
        <label>
          {t("two.against")}
          <select
            value={rival.kind}
            onChange={({ currentTarget }) => {
              const chosen = stock.find((each) => each === currentTarget.value);
              if (chosen !== undefined) void chooseRival({ kind: chosen });
            }}
          >
            {stock.map((kind) => (
              <option key={kind} value={kind}>
                {t(`two.${kind}`)}
              </option>
            ))}
            {rival.kind === "file" && <option value="file">{rival.file}</option>}
          </select>
        </label>
        <PersonaPicker use="rival" label={t("two.open")} />
      </div>
      <OpenedNote use="rival" />
      <p className={styles["help"]}>
        {rival.kind === "file" ? t("two.fileHelp", { file: rival.file }) : t(`two.${rival.kind}Help`)}
      </p>
      {duel === null ? <Waiting /> : <Both duel={duel} rival={duel.against} films={films} />}
    </PageSection>
  );
}

function Waiting(): JSX.Element {
  const { t } = useTranslation("taste");
  const { t: page } = useTranslation();
  const engine = useApp((state) => state.engine);
  return (
    <p role="status" className={styles["help"]}>
      {engine.phase === "failed" ? page("engine.failed") : t("two.waiting")}
    </p>
  );
}

function Both({
  duel: { own, rival: theirs, plain },
  rival,
  films,
}: {
  readonly duel: Duel;
  readonly rival: Rival;
  readonly films: FilmIndex;
}): JSX.Element {
  const { t } = useTranslation("taste");
  const formats = useFormats();
  const { widen } = useTasteIntentions();
  const wide = useTaste((state) => state.wide);
  const widening = useTaste((state) => state.widening);
  const space = useTaste((state) => state.space);
  const ready = useApp((state) => state.engine.phase === "ready");
  const slate = space.phase === "ready" ? space.space.slateSize : 0;
  const order = (ranked: Duel["own"]) =>
    ranked.map(({ item, shown, taste }) => ({ item, figure: shown + TASTE_WEIGHT * taste }));
  const name = rival.kind === "file" ? rival.file : t(`two.${rival.kind}`);
  return (
    <>
      <p role="status" className={styles["sentence"]}>
        <FirstFilms own={own} theirs={theirs} films={films} />
      </p>
      <Rankings
        rankings={[
          { key: "own", title: t("two.yours"), order: order(own) },
          { key: "rival", title: name, order: order(theirs) },
        ]}
        than={plain}
        figureIs={t("two.total")}
        films={films.byItem}
        top={TOP}
      />
      <p className={styles["help"]}>
        {t(wide ? "two.wide" : "two.narrow", { count: plain.length, films: formats.whole(plain.length) })}
      </p>
      {!wide && ready && (
        <div>
          <Button disabled={widening} onClick={() => void widen()}>
            {t(widening ? "two.widening" : "two.widen", { films: formats.whole(slate) })}
          </Button>
        </div>
      )}
    </>
  );
}

function FirstFilms({
  own,
  theirs,
  films,
}: {
  readonly own: Duel["own"];
  readonly theirs: Duel["rival"];
  readonly films: FilmIndex;
}): JSX.Element | null {
  const { t } = useTranslation("taste");
  const [mine, other] = [own[0], theirs[0]].map((first) =>
    first === undefined ? undefined : films.byItem.get(first.item),
  );
  if (mine === undefined || other === undefined) return <>{t("two.unknown")}</>;
  const top = (ranked: Duel["own"]) => new Set(ranked.slice(0, 5).map(({ item }) => item));
  const shared = [...top(own)].filter((item) => top(theirs).has(item)).length;
  return (
    <Trans
      ns="taste"
      i18nKey={mine === other ? "two.sameFirst" : "two.otherFirst"}
      values={{ shared }}
      components={{ mine: <FilmTitle film={mine} />, other: <FilmTitle film={other} /> }}
    />
  );
}
