/** @file What can be asked about the answer on screen besides its map. */
import type { AuditReport } from "../attribution/audit.ts";
import type { ChannelReport } from "../attribution/channels.ts";
import type { Counterfactual, CounterfactualProgress } from "../attribution/counterfactual.ts";
import type { EffectMatrix } from "../attribution/effect.ts";
import type { TokenStrip } from "../attribution/token-strip.ts";
import type { WhatIf } from "../attribution/what-if.ts";
import type { ItemId } from "../core/ids.ts";
import type { Recommendation, WorkProgress } from "../worker/protocol.ts";
import type { Inquiry, InquiryEvent } from "./inquiry.ts";

export interface InquiryTable {
  /** Does this map hold up? */
  audit: { subject: EffectMatrix; progress: WorkProgress; result: AuditReport };
  /** Title or viewing pattern, of every recommendation of an answer. */
  channels: { subject: Recommendation; progress: WorkProgress; result: ChannelReport };
  /** Token by token, of every recommendation of an answer. */
  strip: { subject: Recommendation; progress: never; result: readonly TokenStrip[] };
  /** What would make this film number one? */
  counterfactual: { subject: ItemId; progress: CounterfactualProgress; result: Counterfactual };
  /** What if this film had been watched too? */
  whatIf: { subject: ItemId; progress: never; result: WhatIf };
}

export type InquiryName = keyof InquiryTable;

export type InquiryOf<Name extends InquiryName> = Inquiry<
  InquiryTable[Name]["subject"],
  InquiryTable[Name]["progress"],
  InquiryTable[Name]["result"]
>;

export type InquiryEventOf<Name extends InquiryName> = InquiryEvent<
  InquiryTable[Name]["subject"],
  InquiryTable[Name]["progress"],
  InquiryTable[Name]["result"]
>;

export type Inquiries = { readonly [Name in InquiryName]: InquiryOf<Name> };

export const noInquiries: Inquiries = {
  audit: { phase: "none" },
  channels: { phase: "none" },
  strip: { phase: "none" },
  counterfactual: { phase: "none" },
  whatIf: { phase: "none" },
};
