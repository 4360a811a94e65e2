# A runner in a language of its own: repeats the last message word by word, or says what is in a file; "print" prints it too.
import json
import sys


def say(line):
    print(json.dumps(line), flush=True)


def answer(text):
    if not text.startswith("open "):
        return text
    try:
        with open(text[5:], errors="replace") as file:
            return file.read()
    except OSError as error:
        return str(error)


say({"ready": True, "models": ["echo"]})
for line in sys.stdin:
    request = json.loads(line)
    if request.get("cancel"):
        continue
    content = request["body"]["messages"][-1]["content"]
    if content.startswith("print "):
        print("got", content, file=sys.stderr, flush=True)
    words = answer(content).split(" ")
    for index, word in enumerate(words):
        say({"id": request["id"], "delta": word if index == 0 else " " + word})
    usage = {"prompt_tokens": len(words), "completion_tokens": len(words)}
    say({"id": request["id"], "done": True, "finish_reason": "stop", "usage": usage})
