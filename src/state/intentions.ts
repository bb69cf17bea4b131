import type { Context } from "./context.ts";
import type { InquiryName } from "./inquiries.ts";
import { makeAddFilm } from "./intentions/add-film.ts";
import { makeApplyEdit } from "./intentions/apply-edit.ts";
import { makeAuditDesk } from "./intentions/audit.ts";
import { makeCancelExplanation } from "./intentions/cancel-explanation.ts";
import { makeChooseMethod } from "./intentions/choose-method.ts";
import { makeChooseQuestion } from "./intentions/choose-question.ts";
import { makeChooseValue } from "./intentions/choose-value.ts";
import { makeClearHistory } from "./intentions/clear-history.ts";
import { makeCollectEvidence } from "./intentions/collect-evidence.ts";
import { makeDismissNotice } from "./intentions/dismiss-notice.ts";
import { makeExplain } from "./intentions/explain.ts";
import { makeExportHistory } from "./intentions/export-history.ts";
import { makeFollowHistory } from "./intentions/follow-history.ts";
import { makeImportHistory } from "./intentions/import-history.ts";
import { makeStopInquiry } from "./intentions/inquire.ts";
import { makeInquiries } from "./intentions/inquiries.ts";
import { makeLoadCatalogue } from "./intentions/load-catalogue.ts";
import { makeLoadEngine } from "./intentions/load-engine.ts";
import { makeMoveFilm } from "./intentions/move-film.ts";
import { makePaintSample } from "./intentions/paint-sample.ts";
import { makePutInForce } from "./intentions/put-in-force.ts";
import { makeRateFilm } from "./intentions/rate-film.ts";
import { makeReadHistory } from "./intentions/read-history.ts";
import { makeRecompute } from "./intentions/recompute.ts";
import { makeRemoveFilm } from "./intentions/remove-film.ts";
import { makeStart } from "./intentions/start.ts";
import { makeStartFromSample } from "./intentions/start-from-sample.ts";
import { makeUndo } from "./intentions/undo.ts";

/** Everything a person can ask of the page. None of them rejects: what went wrong is in the state. */
export function makeIntentions(context: Context) {
  const audit = makeAuditDesk(context);
  const explain = makeExplain(context, audit);
  const recompute = makeRecompute(context, explain, audit);
  const stopInquiry = makeStopInquiry(context);
  const loadCatalogue = makeLoadCatalogue(context, recompute.ifChanged);
  const loadEngine = makeLoadEngine(context, recompute.ifChanged);
  const readHistory = makeReadHistory(context, recompute.ifChanged);
  const change = recompute.ifChanged;
  return {
    start: makeStart({
      paintSample: makePaintSample(context),
      readHistory,
      followHistory: makeFollowHistory(context, readHistory),
      loadCatalogue,
      loadEngine,
    }),
    addFilm: makeAddFilm(context, change),
    rateFilm: makeRateFilm(context, change),
    moveFilm: makeMoveFilm(context, change),
    removeFilm: makeRemoveFilm(context, change),
    clearHistory: makeClearHistory(context, change),
    startFromSample: makeStartFromSample(context, change),
    importHistory: makeImportHistory(context, change),
    exportHistory: makeExportHistory(context),
    undo: makeUndo(context, change),
    dismissNotice: makeDismissNotice(context),
    applyEdit: makeApplyEdit(context, change),
    chooseQuestion: makeChooseQuestion(context, explain),
    chooseValue: makeChooseValue(context, explain),
    chooseMethod: makeChooseMethod(context, explain),
    cancelExplanation: makeCancelExplanation(context),
    explain,
    startAudit: audit.start,
    collectEvidence: makeCollectEvidence(context, audit),
    ...makeInquiries(context, audit),
    stop: (name: InquiryName): void => (name === "audit" ? audit.stop() : stopInquiry(name)),
    retryAnswer: recompute.again,
    putInForce: makePutInForce(context, recompute.reorder),
    loadEngine,
    loadCatalogue,
    readHistory,
  };
}
