// Errors of the test model server, in the OpenAI API's shape.

export class ApiError extends Error {
  readonly status: number;
  readonly code: string | null;
  readonly param: string | null;

  constructor(status: number, message: string, { code = null, param = null }: Partial<Omit<ApiError, "status">> = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.param = param;
  }

  response(): Response {
    const { message, param, code, status } = this;
    const type = status < 500 ? "invalid_request_error" : "server_error";
    return Response.json({ error: { message, type, param, code } }, { status });
  }
}
