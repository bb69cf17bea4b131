import "./fonts.ts";
import "./theme.css";
import type { i18n } from "i18next";
import { type JSX, lazy, Suspense, useEffect } from "react";
import { I18nextProvider } from "react-i18next";
import type { AppStore } from "../state/app-store.ts";
import styles from "./App.module.css";
import { CrashGuard } from "./CrashGuard.tsx";
import { toLanguage } from "./i18n/language.ts";
import { AboutPanel } from "./panels/AboutPanel.tsx";
import { EffectsPanel } from "./panels/EffectsPanel.tsx";
import { HistoryPanel } from "./panels/HistoryPanel.tsx";
import { InsidePanel } from "./panels/InsidePanel.tsx";
import { Lede } from "./panels/Lede.tsx";
import { Masthead } from "./panels/Masthead.tsx";
import { RankingPanel } from "./panels/RankingPanel.tsx";
import { StoreProvider } from "./store-context.tsx";
import { applyTheme, preferredTheme } from "./theme.ts";

const Gallery = lazy(async () => ({ default: (await import("./gallery/Gallery.tsx")).Gallery }));

export interface AppProps {
  readonly store: AppStore;
  readonly i18n: i18n;
  /** True shows every chart in every state instead of the page. */
  readonly gallery?: boolean;
}

/** The whole page. The caller has started the store, or will. */
export function App({ store, i18n, gallery = false }: AppProps): JSX.Element {
  useEffect(() => applyTheme(preferredTheme()), []);
  useEffect(() => followLanguage(i18n), [i18n]);
  return (
    <I18nextProvider i18n={i18n}>
      <CrashGuard>
        <StoreProvider store={store}>
          {gallery ? (
            <Suspense>
              <Gallery />
            </Suspense>
          ) : (
            <Page />
          )}
        </StoreProvider>
      </CrashGuard>
    </I18nextProvider>
  );
}

function Page(): JSX.Element {
  return (
    <>
      <Masthead />
      <main className={styles["main"]}>
        <Lede />
        <div className={styles["desk"]}>
          <HistoryPanel />
          <RankingPanel />
        </div>
        <EffectsPanel />
        <InsidePanel />
      </main>
      <AboutPanel />
    </>
  );
}

/**
 * Keeps the document's language and title in step with the page's. The Japanese type is declared in every language, after the first
 * paint: a browser fetches only the pieces whose characters are on the page.
 */
function followLanguage(i18n: i18n): () => void {
  const follow = () => {
    const language = toLanguage(i18n.language);
    document.documentElement.lang = language;
    document.title = i18n.t("app.title");
    void import("./fonts-ja.ts");
  };
  follow();
  i18n.on("languageChanged", follow);
  return () => i18n.off("languageChanged", follow);
}
