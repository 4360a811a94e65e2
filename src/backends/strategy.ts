// What a kind of model server is to the rest: the providers that it serves, and how its health is asked for.

export interface BackendStrategy {
  readonly kind: string;
  /** The values of `provider` in model_backend.yaml that mean it. */
  readonly providers: readonly string[];
  /** GET of this path is the health probe. */
  readonly probePath: string;
  /** Whether that status of the probe means a server that can work. */
  healthy(status: number): boolean;
}
