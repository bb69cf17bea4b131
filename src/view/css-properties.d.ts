import "react";

declare module "react" {
  interface CSSProperties {
    /** Place of an even share on a gate bar, as a fraction of the bar. */
    readonly "--even"?: number;
    /** How many columns the heatmap has. */
    readonly "--columns"?: number;
  }
}
