import { ToggleGroup } from "radix-ui";
import { type JSX, useState } from "react";
import { useTranslation } from "react-i18next";
import type { EngineState } from "../../state/engine-state.ts";
import { languageNames, languages, rememberLanguage, toLanguage } from "../i18n/language.ts";
import { type Place, places } from "../place.ts";
import { useApp } from "../store-context.tsx";
import { applyTheme, preferredTheme, type Theme, themes } from "../theme.ts";
import styles from "./Masthead.module.css";

const themeNames = {
  system: "app.themeSystem",
  light: "app.themeLight",
  dark: "app.themeDark",
} as const satisfies Record<Theme, string>;

/** Where a page begins, for links and for who skips the masthead. */
function hrefOf(place: Place): string {
  return place === "prediction" ? "#answer" : `#${place}`;
}

/** Name, pages, tagline, what the engine is doing, language and appearance. */
export function Masthead({ place }: { readonly place: Place }): JSX.Element {
  const { t, i18n } = useTranslation();
  const [theme, setTheme] = useState<Theme>(preferredTheme);
  const language = toLanguage(i18n.language);
  return (
    <header className={styles["masthead"]}>
      <a className={styles["skip"]} href={hrefOf(place)}>
        {t(place === "prediction" ? "app.skip" : "nav.skip")}
      </a>
      <p className={styles["wordmark"]} translate="no" lang="en">
        be<em>causal</em>
      </p>
      <nav className={styles["pages"]} aria-label={t("nav.label")}>
        {places.map((page) => (
          <a key={page} href={hrefOf(page)} aria-current={page === place ? "page" : undefined}>
            {t(`nav.${page}`)}
          </a>
        ))}
      </nav>
      <p className={styles["tagline"]}>{t("app.tagline")}</p>
      <div className={styles["tools"]}>
        <EngineMark />
        <ToggleGroup.Root
          type="single"
          value={language}
          aria-label={t("app.language")}
          className={styles["choice"]}
          onValueChange={(value) => {
            const chosen = languages.find((each) => each === value);
            if (chosen === undefined) return;
            rememberLanguage(chosen);
            void i18n.changeLanguage(chosen);
          }}
        >
          {languages.map((each) => (
            <ToggleGroup.Item key={each} value={each} lang={each}>
              {languageNames[each]}
            </ToggleGroup.Item>
          ))}
        </ToggleGroup.Root>
        <ToggleGroup.Root
          type="single"
          value={theme}
          aria-label={t("app.theme")}
          className={styles["choice"]}
          onValueChange={(value) => {
            const chosen = themes.find((each) => each === value);
            if (chosen === undefined) return;
            applyTheme(chosen);
            setTheme(chosen);
          }}
        >
          {themes.map((each) => (
            <ToggleGroup.Item key={each} value={each}>
              {t(themeNames[each])}
            </ToggleGroup.Item>
          ))}
        </ToggleGroup.Root>
      </div>
    </header>
  );
}

/** One word on the engine; the whole story is further down. */
function EngineMark(): JSX.Element {
  const { t } = useTranslation();
  const engine = useApp((state) => state.engine);
  return (
    <a className={styles["engine"]} href="#engine" data-phase={engine.phase}>
      <span className={styles["lamp"]} aria-hidden="true" />
      {t(engineWord(engine))}
    </a>
  );
}

function engineWord(engine: EngineState) {
  switch (engine.phase) {
    case "idle":
      return "engine.idle";
    case "loading":
      return "engine.loading";
    case "failed":
      return "engine.failed";
    case "ready":
      return engine.info.backend === "webgpu" ? "engine.webgpu" : "engine.wasm";
    default:
      return engine satisfies never;
  }
}
