// The joint between networks whose wire is not OpenAI's and the inference service: text in, text out, piece by piece.

export interface TextMessage {
  readonly role: string;
  readonly content: string;
}

export interface TextCall {
  /** Of the request, in logs and the ledger. */
  readonly id: string;
  readonly network: string;
  /** Who is served and metered: a public key. */
  readonly caller: string;
  /** A configured id or alias. */
  readonly model: string;
  /** A text is continued by /v1/completions, messages are a chat. */
  readonly prompt: string | readonly TextMessage[];
  readonly maxTokens?: number | undefined;
  /** The same under the newer name that chats have for it; one of the two is given. */
  readonly maxCompletionTokens?: number | undefined;
  readonly temperature?: number | undefined;
  readonly topP?: number | undefined;
  /** -1: all of them. */
  readonly topK?: number | undefined;
  readonly seed?: number | undefined;
  /** Aborts when nobody waits any longer. */
  readonly signal: AbortSignal;
}

export interface TextEnd {
  /** "stop", "length", or another word of the model server. */
  readonly reason: string;
  /** As the model server counted them; null when it did not say. */
  readonly promptTokens: number | null;
  readonly completionTokens: number | null;
}

export interface TextPort {
  /**
   * Yields the answer's text as it comes, and returns how it ended. Throws FxnError: what a refusal or failure of the
   * inference service is, or "text_cut" for an answer that broke off; half an answer is never passed off as a whole one.
   */
  generate(call: TextCall): AsyncGenerator<string, TextEnd, void>;
}
