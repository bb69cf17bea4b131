import { type JSX, useEffect } from "react";
import { useTranslation } from "react-i18next";
import type { TasteStore } from "../../../state/taste-store.ts";
import { useApp, useIntentions } from "../../store-context.tsx";
import { Button } from "../Button.tsx";
import { FailureNote } from "../FailureNote.tsx";
import { PageFrame } from "../PageFrame.tsx";
import { Directions } from "./Directions.tsx";
import { KeepTaste } from "./KeepTaste.tsx";
import { QuickRating } from "./QuickRating.tsx";
import styles from "./TastePage.module.css";
import { TasteSummary } from "./TasteSummary.tsx";
import { ToldTaste } from "./ToldTaste.tsx";
import { TwoTastes } from "./TwoTastes.tsx";
import { TasteProvider, useTaste, useTasteIntentions } from "./taste-context.tsx";
import { WhatMoved } from "./WhatMoved.tsx";

/** The taste that the person's ratings make, live, with everything that can be done about it. `arrived`: they came here from another page. */
export function TastePage({
  store,
  arrived,
}: {
  readonly store: TasteStore;
  readonly arrived: boolean;
}): JSX.Element {
  return (
    <TasteProvider store={store}>
      <Page arrived={arrived} />
    </TasteProvider>
  );
}

function Page({ arrived }: { readonly arrived: boolean }): JSX.Element {
  const { t } = useTranslation("taste");
  const { open } = useTasteIntentions();
  const reading = useTaste((state) => state.reading);
  const films = useTaste((state) => state.films);
  useEffect(() => void open(), [open]);
  return (
    <PageFrame
      place="taste"
      arrived={arrived}
      heading={t("heading")}
      deck={t("deck")}
      aside={
        <>
          <Troubles />
          <TasteSummary />
        </>
      }
    >
      {reading !== null && films !== null && (
        <>
          <div className={styles["desk"]}>
            <QuickRating reading={reading} films={films} />
            <WhatMoved films={films} />
          </div>
          <Directions reading={reading} films={films} />
          <TwoTastes films={films} />
          <ToldTaste reading={reading} films={films} />
          <KeepTaste />
        </>
      )}
    </PageFrame>
  );
}

/** Whatever failed, each with a way on. */
function Troubles(): JSX.Element {
  const { t } = useTranslation("taste");
  const { t: page } = useTranslation();
  const { open, retry, dismiss } = useTasteIntentions();
  const { loadCatalogue, readHistory, dismissNotice } = useIntentions();
  const space = useTaste((state) => state.space);
  const failure = useTaste((state) => state.failure);
  const unread = useTaste((state) => state.unread);
  const catalogue = useApp((state) => state.catalogue);
  const history = useApp((state) => state.history);
  const again = (act: () => void) => <Button onClick={act}>{page("engine.again")}</Button>;
  const put = (act: () => void) => <Button onClick={act}>{page("history.dismiss")}</Button>;
  return (
    <>
      {catalogue.phase === "failed" && (
        <FailureNote failure={catalogue.failure}>{again(() => void loadCatalogue())}</FailureNote>
      )}
      {history.failure !== null && (
        <FailureNote failure={history.failure}>
          {history.phase === "unreadable" ? again(() => void readHistory()) : put(dismissNotice)}
        </FailureNote>
      )}
      {space.phase === "failed" && (
        <FailureNote failure={space.failure}>{again(() => void open())}</FailureNote>
      )}
      {unread !== null && <FailureNote failure={unread}>{again(() => void retry())}</FailureNote>}
      {failure !== null && <FailureNote failure={failure}>{put(dismiss)}</FailureNote>}
      <p role="status" className={styles["status"]}>
        {(space.phase === "idle" || space.phase === "loading") && t("loading")}
      </p>
    </>
  );
}
