import "./fonts.ts";
import "./theme.css";
import type { i18n } from "i18next";
import { Activity, type JSX, lazy, Suspense, useEffect } from "react";
import { I18nextProvider } from "react-i18next";
import type { AppStore } from "../state/app-store.ts";
import type { EvidenceStore } from "../state/evidence-store.ts";
import type { LabStore } from "../state/lab-store.ts";
import type { LearningStore } from "../state/learning-store.ts";
import type { TasteStore } from "../state/taste-store.ts";
import styles from "./App.module.css";
import { CrashGuard } from "./CrashGuard.tsx";
import { toLanguage } from "./i18n/language.ts";
import { LearningProvider } from "./learning-context.tsx";
import { AboutPanel } from "./panels/AboutPanel.tsx";
import { EffectsPanel } from "./panels/EffectsPanel.tsx";
import { HistoryPanel } from "./panels/HistoryPanel.tsx";
import { InsidePanel } from "./panels/InsidePanel.tsx";
import { Lede } from "./panels/Lede.tsx";
import { Masthead } from "./panels/Masthead.tsx";
import { RankingPanel } from "./panels/RankingPanel.tsx";
import { type Place, usePlace } from "./place.ts";
import { StoreProvider } from "./store-context.tsx";
import { applyTheme, preferredTheme } from "./theme.ts";

const EvidencePage = lazy(async () => ({
  default: (await import("./panels/evidence/EvidencePage.tsx")).EvidencePage,
}));
const TastePage = lazy(async () => ({ default: (await import("./panels/taste/TastePage.tsx")).TastePage }));
const LearnPage = lazy(async () => ({ default: (await import("./panels/learn/LearnPage.tsx")).LearnPage }));
const LabPage = lazy(async () => ({ default: (await import("./panels/lab/LabPage.tsx")).LabPage }));
const Gallery = lazy(async () => ({ default: (await import("./gallery/Gallery.tsx")).Gallery }));

export interface AppProps {
  readonly store: AppStore;
  readonly evidence: EvidenceStore;
  readonly lab: LabStore;
  readonly taste: TasteStore;
  readonly learning: LearningStore;
  readonly i18n: i18n;
  /** True shows every chart in every state instead of the page. */
  readonly gallery?: boolean;
}

/** The whole page. The caller has started the store, or will. */
export function App({ store, evidence, lab, taste, learning, i18n, gallery = false }: AppProps): JSX.Element {
  const { place, arrived } = usePlace();
  useEffect(() => applyTheme(preferredTheme()), []);
  useEffect(() => followLanguage(i18n, place), [i18n, place]);
  return (
    <I18nextProvider i18n={i18n}>
      <CrashGuard>
        <LearningProvider store={learning}>
          <StoreProvider store={store}>
            {gallery ? (
              <Suspense>
                <Gallery />
              </Suspense>
            ) : (
              <>
                <Masthead place={place} />
                {/* Hidden, not gone: what was unfolded and picked is there when the person comes back. */}
                <Activity mode={place === "prediction" ? "visible" : "hidden"}>
                  <Page />
                </Activity>
                <Suspense>
                  {place === "taste" && <TastePage store={taste} arrived={arrived} />}
                  {place === "learn" && <LearnPage arrived={arrived} />}
                  {place === "lab" && <LabPage store={lab} arrived={arrived} />}
                  {place === "evidence" && <EvidencePage store={evidence} arrived={arrived} />}
                </Suspense>
              </>
            )}
          </StoreProvider>
        </LearningProvider>
      </CrashGuard>
    </I18nextProvider>
  );
}

function Page(): JSX.Element {
  return (
    <>
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
function followLanguage(i18n: i18n, place: Place): () => void {
  const follow = () => {
    const language = toLanguage(i18n.language);
    document.documentElement.lang = language;
    document.title = place === "prediction" ? i18n.t("app.title") : i18n.t("title", { ns: place });
    void import("./fonts-ja.ts");
  };
  follow();
  i18n.on("languageChanged", follow);
  return () => i18n.off("languageChanged", follow);
}
