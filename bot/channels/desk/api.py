"""What a page asks about a case and does with it. Every right is checked behind it; here it is only who asks and what is readable."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute

from bot.cases import Attachment, Case, Deed, Done, Refused
from bot.channels.desk.bodies import ActBody, ClaimBody, OfferBody, PassBody, ReplyBody, one_line
from bot.channels.desk.desk import Desk
from bot.channels.desk.frames import Json, Reader, answer_json, case_json, line_json
from bot.channels.desk.guard import Guard, Wrong, body_of, content_of, done_of, number_of, refusal
from bot.channels.desk.session import Visit
from bot.channels.desk.team import known, topics_of
from bot.channels.desk.uploads import kind_sent, type_sent
from bot.channels.files import MAX_FILE, headers_of, safe_name

MAX_QUERY: Final = 200  # characters of a search


class CaseEndpoints:
    """Serves what belongs to a case."""

    def __init__(self, desk: Desk) -> None:
        self._desk, self._host = desk, desk.host

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        guard = Guard(self._desk)
        return [
            guard.get("/desk/api/case/{number}", self.case),
            guard.post("/desk/api/act", self.act),
            guard.post("/desk/api/offer", self.offer),
            guard.get("/desk/api/answers", self.answers),
            guard.get("/desk/api/places", self.places),
            guard.post("/desk/api/file", self.upload),
            guard.get("/desk/api/file/{number}/{line}", self.download),
            guard.get("/desk/api/export/{number}", self.export),
        ]

    def _reader(self, request: Request, visit: Visit) -> Reader:
        return self._desk.reader(visit, self._desk.locale_of(request))

    async def _seen(self, visit: Visit, number: int) -> Case:
        """Return a case somebody may see; raises Wrong."""
        case = await self._host.case(visit.staff, number)
        if case is None:
            raise await self._none(visit, number)
        return case

    async def _none(self, visit: Visit, number: int) -> Wrong:
        """Say why a case is not there for somebody: peers hear that it is not for them, others nothing at all."""
        return Wrong(403, "not-allowed") if await self._host.is_barred(visit.staff, number) else Wrong(404, "gone")

    async def _case_json(self, request: Request, visit: Visit, case: Case) -> Json:
        return case_json(self._reader(request, visit), case, await self._host.board(visit.staff))

    async def case(self, request: Request, visit: Visit) -> Response:
        """Send a case with its lines."""
        case = await self._seen(visit, number_of(request.path_params["number"]))
        lines = await self._host.lines(visit.staff, case.number, number_of(request.query_params.get("after", "0")))
        if lines is None:
            raise await self._none(visit, case.number)
        reader = self._reader(request, visit)
        shown = [line_json(reader, case, line) for line in lines]
        return JSONResponse({"case": await self._case_json(request, visit, case), "lines": shown})

    async def act(self, request: Request, visit: Visit) -> Response:
        """Do something with a case; nobody else's key is ever the same."""
        wish = await body_of(request, ActBody)
        await self._check_aim(visit, wish)
        result = await self._host.act(visit.staff, wish.number, self._deed(visit, wish), f"web:{visit.staff.id}:{wish.key}")
        if isinstance(result, Refused) and not (result.reason == "taken" and isinstance(wish.deed, ClaimBody)):
            await self._seen(visit, wish.number)  # nothing is said of a case one may not see but who was quicker to take it
        return await self._told(request, visit, result)

    async def _check_aim(self, visit: Visit, wish: ActBody) -> None:
        """Refuse to pass a case to a topic or an organisation that its city does not know; raises Wrong."""
        case = await self._host.case(visit.staff, wish.number) if isinstance(wish.deed, PassBody) else None
        city = self._host.city(case.city) if case is not None else None
        if city is not None and isinstance(wish.deed, PassBody):
            known("topic", [wish.deed.topic] if wish.deed.topic else [], topics_of(city))
            known("organisation", [wish.deed.organisation] if wish.deed.organisation else [], list(city.organisations))

    def _deed(self, visit: Visit, wish: ActBody) -> Deed:
        if not isinstance(wish.deed, ReplyBody):
            return wish.deed.deed()
        if wish.deed.file is None:
            return wish.deed.reply(None)
        attachment = visit.unseal(wish.number, wish.deed.file)
        if attachment is None:
            raise Wrong(422, "malformed")
        return wish.deed.reply(attachment)

    async def _told(self, request: Request, visit: Visit, result: Done | Refused) -> Response:
        """Tell what was done; raises Wrong where it was not."""
        done = done_of(result)
        shown = await self._case_json(request, visit, done.case)
        return JSONResponse({"ok": True, "line": done.line, "repeated": done.repeated, "case": shown})

    async def offer(self, request: Request, visit: Visit) -> Response:
        """Accept or decline a request one was asked about."""
        wish = await body_of(request, OfferBody)
        result = await self._host.answer_offer(visit.staff, wish.number, accepts=wish.accepts)
        if isinstance(result, Refused) and result.reason != "taken":
            await self._seen(visit, wish.number)
        return await self._told(request, visit, result)

    async def answers(self, request: Request, visit: Visit) -> Response:
        """Find ready answers."""
        case = await self._seen(visit, number_of(request.query_params.get("case")))
        query = one_line(request.query_params.get("q", "")[:MAX_QUERY])
        found = await self._host.answers(visit.staff, case.number, query, self._desk.locale_of(request))
        return JSONResponse({"answers": [answer_json(answer) for answer in found]})

    async def places(self, request: Request, visit: Visit) -> Response:
        """Name offices that are open now."""
        case = await self._seen(visit, number_of(request.query_params.get("case")))
        found = await self._host.places(visit.staff, case.number, self._desk.locale_of(request))
        return JSONResponse({"places": [{"name": name, "note": note} for name, note in found]})

    async def upload(self, request: Request, visit: Visit) -> Response:
        """Keep a file that is to be sent with a reply; it gets a name that is good in this case and login alone."""
        number = (await self._seen(visit, number_of(request.query_params.get("case")))).number
        content = await content_of(request, MAX_FILE)
        found = type_sent(content, request.headers.get("content-type", ""))
        kind, name = kind_sent(request.query_params.get("kind", ""), found), safe_name(request.query_params.get("name", ""), found)
        kept = await self._host.add_file(visit.staff, number, kind, name, found.media_type, content)
        if not isinstance(kept, Attachment):
            raise refusal(kept)
        about = {"kind": kept.kind, "name": kept.name, "media_type": kept.media_type, "size": kept.size}
        return JSONResponse({"file": visit.seal(number, kept), **about})

    async def download(self, request: Request, visit: Visit) -> Response:
        """Send the file of a line: shown within the page only where that is harmless."""
        number, line = number_of(request.path_params["number"]), number_of(request.path_params["line"])
        found = await self._host.file(visit.staff, number, line)
        if found is None:
            raise await self._none(visit, number)
        attachment, content = found
        return Response(content, headers=headers_of(attachment.media_type, attachment.name or str(attachment.kind)))

    async def export(self, request: Request, visit: Visit) -> Response:
        """Send a transcript."""
        case = await self._seen(visit, number_of(request.path_params["number"]))
        text = await self._host.export(visit.staff, case.number, self._desk.locale_of(request))
        if text is None:
            raise Wrong(403, "not-allowed")
        return PlainTextResponse(text, headers={"Content-Disposition": f"attachment; filename=case-{case.number}.txt"})
