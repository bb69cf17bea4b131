import { type JSX, type KeyboardEvent, useRef, useState } from "react";
import { Trans, useTranslation } from "react-i18next";
import type { StripToken } from "../../attribution/token-strip.ts";
import type { Film } from "../../model/film.ts";
import { useFormats } from "../i18n/use-formats.ts";
import { Disclosure } from "./Disclosure.tsx";
import { FilmTitle } from "./FilmTitle.tsx";
import { gridStep } from "./grid-step.ts";
import { glyphOf } from "./heat-cells.ts";
import { heatColour, heatEnd, heatShade, themedStyle } from "./heat-scale.ts";
import table from "./NumberTable.module.css";
import { SentenceGap } from "./SentenceGap.tsx";
import { Toggle } from "./Toggle.tsx";
import styles from "./TokenStrip.module.css";
import { titleParts } from "./title-parts.ts";
import { visibleText } from "./visible-text.ts";
import { WideTable } from "./WideTable.tsx";

const views = ["difference", "centred"] as const;
type StripView = (typeof views)[number];

export interface TokenStripProps {
  readonly film: Film;
  readonly tokens: readonly StripToken[];
}

/**
 * What the history does to every token of a title (NextQuill's effect: log p with the history minus log p without). One tab stop;
 * arrow keys, Home and End move along.
 */
export function TokenStrip({ film, tokens }: TokenStripProps): JSX.Element {
  const { t } = useTranslation();
  const formats = useFormats();
  const strip = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState(0);
  const [read, setRead] = useState<number | null>(null);
  const [view, setView] = useState<StripView>("difference");
  const mean = tokens.reduce((sum, { deltaNats }) => sum + deltaNats, 0) / Math.max(1, tokens.length);
  const shownNats = ({ deltaNats }: StripToken) => (view === "centred" ? deltaNats - mean : deltaNats);
  const end = heatEnd(tokens.map(shownNats));
  const isOneSided = tokens.length > 1 && tokens.every(({ deltaNats }) => deltaNats * mean > 0);
  const at = Math.min(active, tokens.length - 1);
  const title = titleParts(film.title).name;
  const total = tokens.reduce((sum, { deltaNats }) => sum + deltaNats, 0);
  const onKeyDown = (event: KeyboardEvent) => {
    const ends = { row: 0, column: 0 };
    const next = gridStep(event, { row: 0, column: at }, ends, { row: 0, column: tokens.length - 1 });
    if (next === null) return;
    event.preventDefault();
    strip.current?.querySelector<HTMLElement>(`[data-token="${next.column}"]`)?.focus();
  };
  const figures = ({ text, logWith, logWithout, deltaNats }: StripToken) => ({
    text: visibleText(text),
    logWith: formats.nats(logWith),
    logWithout: formats.nats(logWithout),
    with: formats.percent(Math.exp(logWith)),
    without: formats.percent(Math.exp(logWithout)),
    nats: formats.nats(deltaNats),
  });
  const shown = read === null ? undefined : tokens[read];

  return (
    <div className={styles["strip"]}>
      <p className={styles["sum"]}>
        <Trans
          i18nKey={total < 0 ? "strip.lessLikely" : "strip.moreLikely"}
          components={{ film: <FilmTitle film={film} /> }}
          values={{ nats: formats.nats(total), times: formats.precise(Math.exp(Math.abs(total))) }}
        />
      </p>
      {/* biome-ignore lint/a11y/useSemanticElements: a table's row cannot wrap onto the next line; the table stands below. */}
      <div
        ref={strip}
        role="grid"
        aria-label={t("strip.label", { title })}
        tabIndex={-1}
        className={styles["grid"]}
        onKeyDown={onKeyDown}
        onMouseLeave={() => setRead(null)}
      >
        {/* biome-ignore lint/a11y/useFocusableInteractive: the tokens in the row take the focus, not the row. */}
        {/* biome-ignore lint/a11y/useSemanticElements: a row of a table cannot wrap onto the next line. */}
        <div role="row" className={styles["tokens"]}>
          {tokens.map((token, i) => (
            // biome-ignore lint/a11y/useSemanticElements: see the row.
            <div
              // biome-ignore lint/suspicious/noArrayIndexKey: a token is its position.
              key={i}
              role="gridcell"
              data-token={i}
              tabIndex={i === at ? 0 : -1}
              aria-label={t("strip.token", figures(token))}
              className={styles["token"]}
              style={themedStyle(heatColour(heatShade(shownNats(token), end)))}
              onFocus={() => {
                setActive(i);
                setRead(i);
              }}
              onBlur={() => setRead(null)}
              onMouseEnter={() => setRead(i)}
            >
              <span className={styles["word"]} lang="en">
                {visibleText(token.text)}
              </span>
              <span className={styles["number"]}>
                {glyphOf(shownNats(token))}
                {formats.size(shownNats(token))}
              </span>
            </div>
          ))}
        </div>
      </div>
      <p className={styles["readout"]}>
        {shown === undefined ? (
          <span className={styles["hint"]}>{t("strip.hint")}</span>
        ) : (
          t("strip.readout", figures(shown))
        )}
      </p>
      <Toggle
        label={t("strip.view")}
        value={view}
        options={views.map((each) => [each, t(`strip.views.${each}`)])}
        onChoose={setView}
      />
      <p className={styles["note"]}>
        {t("strip.meaning")}
        <SentenceGap />
        {isOneSided && (
          <>
            {t(mean < 0 ? "strip.allLess" : "strip.allMore")}
            <SentenceGap />
          </>
        )}
        {view === "centred" && (
          <>
            {t("strip.centred", { mean: formats.nats(mean) })}
            <SentenceGap />
          </>
        )}
        {t("strip.scale", { nats: formats.size(end) })}
      </p>
      <Disclosure summary={t("effects.table")}>
        <WideTable label={t("strip.tableLabel", { title })}>
          <table className={table["table"]}>
            <caption className="visually-hidden">{t("strip.label", { title })}</caption>
            <thead>
              <tr>
                <th scope="col">{t("strip.columnToken")}</th>
                <th scope="col">{t("strip.columnWith")}</th>
                <th scope="col">{t("strip.columnWithout")}</th>
                <th scope="col">{t("strip.columnNats")}</th>
                <th scope="col">{t("strip.columnCentred")}</th>
                <th scope="col">{t("strip.columnPoints")}</th>
              </tr>
            </thead>
            <tbody>
              {tokens.map((token, i) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: a token is its position.
                <tr key={i}>
                  <th scope="row" lang="en">
                    {visibleText(token.text)}
                  </th>
                  <td>{formats.nats(token.logWith)}</td>
                  <td>{formats.nats(token.logWithout)}</td>
                  <td>{formats.nats(token.deltaNats)}</td>
                  <td>{formats.nats(token.deltaNats - mean)}</td>
                  <td>{formats.points(token.deltaProbability)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </WideTable>
      </Disclosure>
    </div>
  );
}
