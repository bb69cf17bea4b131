declare const brand: unique symbol;

/** A number that only means one thing: `Brand<"ItemId">` cannot be passed where `Brand<"TokenId">` is wanted. */
export type Brand<Name extends string> = number & { readonly [brand]: Name };
