import { Component, type JSX, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

/** Shows a sentence instead of a blank page when drawing itself fails. The history is in storage and unharmed. */
export class CrashGuard extends Component<{ readonly children: ReactNode }, { readonly crashed: boolean }> {
  override state = { crashed: false };

  static getDerivedStateFromError() {
    return { crashed: true };
  }

  override render(): ReactNode {
    return this.state.crashed ? <Crashed /> : this.props.children;
  }
}

function Crashed(): JSX.Element {
  const { t } = useTranslation();
  return (
    <main>
      <p role="alert">{t("app.crashed")}</p>
      <button type="button" onClick={() => location.reload()}>
        {t("app.reload")}
      </button>
    </main>
  );
}
