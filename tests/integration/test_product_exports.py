"""Exports of users as well-known products write them: each ends as its people.

The people are invented; the forms are those of the products' documents. Each export
is synced with its own configuration, and with the one that `check -suggest` writes.
"""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from cio_pipeline.commands.check.findings import look_at_keys
from cio_pipeline.core.config import parse_config
from cio_pipeline.core.mapping import mapper_for
from cio_pipeline.core.read_options import ReadOptions
from cio_pipeline.source import find_inputs
from tests.support.api import ScriptedApi
from tests.support.program import Program

ADA, BO = "ada.lund@example.com", "bo.reyes@example.com"


@dataclass
class Export:
    """An export of a product.

    Args:
        name: the file's name.
        content: its bytes.
        user_id: the key of the user id.
        mappings: target -> source, or source and type.
        people: who should be at Customer.io, without what is empty.
        keys: further keys of the configuration.
        suggested: whether the suggestion takes the same user ids.
    """

    name: str
    content: bytes
    user_id: str
    mappings: dict[str, Any]
    people: dict[str, dict[str, Any]]
    keys: dict[str, Any] = field(default_factory=dict)
    suggested: bool = True

    @property
    def configuration(self) -> dict[str, Any]:
        """The configuration that somebody would write for it."""
        mappings = []
        for target, source in self.mappings.items():
            name, kind = source if isinstance(source, tuple) else (source, None)
            mappings.append({"from": name, "to": target})
            if kind:
                mappings[-1]["type"] = kind
        return {
            "parallelism": 1,
            "userId": self.user_id,
            "mappings": mappings,
            **self.keys,
        }


EXPORTS = {
    "Intercom": Export(
        "contacts.json",
        b'{"type": "list", "data": [\n'
        b'{"type":"contact","id":"66a1","external_id":"7","email":"%s",'
        b'"created_at":1705307400,"custom_attributes":{"plan":"pro"},'
        b'"tags":{"type":"list","data":[]}},\n'
        b'{"type":"contact","id":"66a2","external_id":null,"email":"%s",'
        b'"created_at":1698933909,"custom_attributes":{},'
        b'"tags":{"type":"list","data":[{"id":"1"}]}}\n'
        b'], "total_count": 2, "pages": {"type":"pages","next":null,"page":1}}'
        % (ADA.encode(), BO.encode()),
        "id",
        {"email": "email", "created_at": ("created_at", "timestamp")}
        | {"plan": "custom_attributes.plan"},
        {
            "66a1": {"email": ADA, "created_at": 1705307400, "plan": "pro"},
            "66a2": {"email": BO, "created_at": 1698933909},
        },
    ),
    "Mixpanel": Export(
        "engage.json",
        b'{"page":0,"page_size":1000,"results":[{"$distinct_id":4,"$properties":'
        b'{"$email":"%s","$created":"2024-01-15T08:30:00"}},{"$distinct_id":"u-2",'
        b'"$properties":{}}],"session_id":"12-EX","status":"ok","total":2}'
        % ADA.encode(),
        "$distinct_id",
        {"email": "$properties.$email"}
        | {"created_at": ("$properties.$created", "timestamp")},
        {"4": {"email": ADA, "created_at": 1705307400}, "u-2": {}},
    ),
    "Zendesk": Export(
        "users.json",
        b'{"users":[{"id":41,"url":"https://x.example/41","email":"%s","tags":["a"],'
        b'"photo":{"id":9,"thumbnails":[{"id":10}]},"user_fields":{"plan":"pro"},'
        b'"custom_fields":[{"id":7,"value":"x"}]},{"id":42,"email":null,"tags":[],'
        b'"photo":null,"user_fields":{"plan":null},"custom_fields":[]}],'
        b'"next_page":null,"previous_page":null,"count":2}' % ADA.encode(),
        "id",
        {"email": "email", "tags": "tags", "plan": "user_fields.plan"}
        | {"field": "custom_fields.7"},
        {
            "41": {"email": ADA, "tags": ["a"], "plan": "pro", "field": "x"},
            "42": {"tags": []},
        },
    ),
    "Cognito": Export(
        "users.json",
        b'{\n    "Users": [\n        {\n            "Username": "ada",\n'
        b'            "Attributes": [\n                {"Name": "sub", "Value": "1"},\n'
        b'                {"Name": "email", "Value": "%s"}\n            ],\n'
        b'            "UserCreateDate": 1705307400.123,\n            "Enabled": true\n'
        b'        },\n        {"Username": "bo", "Attributes": [\n'
        b'            {"Name": "sub", "Value": "2"}], "Enabled": false}\n    ]\n}\n'
        % ADA.encode(),
        "Username",
        {"email": "Attributes.email", "sub": "Attributes.sub", "enabled": "Enabled"}
        | {"created_at": ("UserCreateDate", "timestamp")},
        {
            "ada": {"email": ADA, "sub": "1", "enabled": True}
            | {"created_at": 1705307400},
            "bo": {"sub": "2", "enabled": False},
        },
    ),
    "Auth0, JSON": Export(
        "auth0.json.gz",
        gzip.compress(
            b'{"user_id":"auth0|1","email":"%s","created_at":"2024-01-15T08:30:00.123Z",'
            b'"user_metadata":{"plan":"pro"},"identities":[{"provider":"auth0"}]}\n'
            b'{"user_id":"auth0|2","identities":[{"provider":"google-oauth2"}]}\n'
            % ADA.encode()
        ),
        "user_id",
        {"email": "email", "created_at": ("created_at", "timestamp")}
        | {"plan": "user_metadata.plan", "provider": "identities.0.provider"},
        {
            "auth0|1": {"email": ADA, "created_at": 1705307400, "plan": "pro"}
            | {"provider": "auth0"},
            "auth0|2": {"provider": "google-oauth2"},
        },
    ),
    "Elasticsearch": Export(
        "hits.json",
        b'{"took":3,"timed_out":false,"_shards":{"total":1,"failed":0},"hits":{"total":'
        b'{"value":2,"relation":"eq"},"max_score":1.0,"hits":[{"_index":"users","_id":'
        b'"u1","_score":1.0,"_source":{"email":"%s"}},{"_index":"users","_id":"u2",'
        b'"_score":1.0,"_source":{"logins":3}}]}}' % ADA.encode(),
        "_id",
        {"email": "_source.email", "logins": "_source.logins"},
        {"u1": {"email": ADA}, "u2": {"logins": 3}},
    ),
    "CouchDB": Export(
        "all_docs.json",
        b'{"total_rows":2,"offset":0,"rows":[\r\n'
        b'{"id":"u1","key":"u1","value":{"rev":"1-a"},"doc":{"email":"%s"}},\r\n'
        b'{"id":"u2","key":"u2","value":{"rev":"1-b"},"doc":{}}\r\n]}\n' % ADA.encode(),
        "id",
        {"email": "doc.email"},
        {"u1": {"email": ADA}, "u2": {}},
    ),
    "DynamoDB, scan": Export(
        "scan.json",
        b'{"Items":[{"id":{"S":"u-1"},"logins":{"N":"12"}},{"id":{"S":"u-2"},'
        b'"logins":{"NULL":true}}],"Count":2,"ScannedCount":2,'
        b'"ConsumedCapacity":null}',
        "id.S",
        {"logins": ("logins.N", "integer")},
        {"u-1": {"logins": 12}, "u-2": {}},
    ),
    "phpMyAdmin, JSON": Export(
        "users.json",
        b'[\n{"type":"header","version":"5.2.1","comment":"Export to JSON plugin"},\n'
        b'{"type":"database","name":"shop"},\n'
        b'{"type":"table","name":"users","database":"shop","data":\n[\n'
        b'{"id":"1","email":"%s"},\n{"id":"2","email":null}\n]\n}\n]\n' % ADA.encode(),
        "id",
        {"email": "email"},
        {"1": {"email": ADA}, "2": {}},
        {"records": "data"},
    ),
    "Oracle SQLcl, JSON": Export(
        "users.json",
        b'{"results":[{"columns":[{"name":"ID","type":"NUMBER"}],"items":[\n'
        b'{"id":1,"email":"%s"}\n,{"id":2,"email":""}\n]}]}' % ADA.encode(),
        "id",
        {"email": "email"},
        {"1": {"email": ADA}, "2": {}},
        {"records": "results.items"},
    ),
    "Airtable": Export(
        "records.json",
        b'{"records":[{"id":"rec1","createdTime":"2024-01-15T08:30:00.000Z","fields":'
        b'{"Email":"%s","Vip":true}},{"id":"rec2","createdTime":'
        b'"2023-11-02T14:05:09.000Z","fields":{}}],"offset":"itr/rec2"}' % ADA.encode(),
        "id",
        {"email": "fields.Email", "created_at": ("createdTime", "timestamp")},
        {
            "rec1": {"email": ADA, "created_at": 1705307400},
            "rec2": {"created_at": 1698933909},
        },
    ),
    "Pipedrive, API": Export(
        "persons.json",
        b'{"success":true,"data":[{"id":1,"name":"Ada","email":[{"label":"work",'
        b'"value":"%s","primary":true}],"owner_id":{"id":5}}],"additional_data":'
        b'{"pagination":{"start":0}},"related_objects":{"user":{"5":{"id":5}}}}'
        % ADA.encode(),
        "id",
        {"email": "email.0.value", "name": "name"},
        {"1": {"email": ADA, "name": "Ada"}},
    ),
    "Segment, RFC 7464": Export(
        "users.json-seq",
        b'\x1e{"userId":"1","traits":{"email":"%s"}}\n\x1e{"userId":"2"}\n'
        % ADA.encode(),
        "userId",
        {"email": "traits.email"},
        {"1": {"email": ADA}, "2": {}},
    ),
    "MySQL, INTO OUTFILE": Export(
        "users.txt",
        b"1\tada.lund@example.com\tlikes\\\ttabs\\\nand lines\t1\n"
        b"2\t\\N\tC:\\\\temp\t0\n",
        "id",
        {"email": "email", "bio": "bio", "vip": ("vip", "boolean")},
        {
            "1": {"email": ADA, "bio": "likes\ttabs\nand lines", "vip": True},
            "2": {"bio": "C:\\temp", "vip": False},
        },
        {"columns": ["id", "email", "bio", "vip"]},
    ),
    "SQL Server, sqlcmd": Export(
        "users.csv",
        b"id,email,name\r\n--,-----,----\r\n1,ada.lund@example.com,Ada\r\n"
        b"2,NULL,Bo\r\n\r\n(2 rows affected)\r\n",
        "id",
        {"email": "email", "name": "name"},
        {"1": {"email": ADA, "name": "Ada"}, "2": {"name": "Bo"}},
        {"nulls": ["NULL"]},
    ),
    "SQL Server, Unicode text": Export(
        "users.txt",
        "id\temail\tname\r\n1\tada.lund@example.com\tÅda\r\n".encode("utf-16"),
        "id",
        {"email": "email", "name": "name"},
        {"1": {"email": ADA, "name": "Åda"}},
    ),
    "Oracle SQL Developer": Export(
        "users.csv",
        b'"ID","EMAIL","SCORE"\r\n1,"ada.lund@example.com",1.5\r\n2,"",\r\n',
        "ID",
        {"email": "EMAIL", "score": ("SCORE", "number")},
        {"1": {"email": ADA, "score": 1.5}, "2": {}},
    ),
    "Redshift, UNLOAD": Export(
        "users_0000_part_00.gz",
        gzip.compress(
            b"1|ada.lund@example.com|2024-01-15 08:30:00|t\n2||2023-11-02|f\n"
        ),
        "id",
        {"email": "email", "created_at": ("since", "timestamp")}
        | {"vip": ("vip", "boolean")},
        {
            "1": {"email": ADA, "created_at": 1705307400, "vip": True},
            "2": {"created_at": 1698883200, "vip": False},
        },
        {"columns": ["id", "email", "since", "vip"]},
    ),
    "Snowflake, unquoted": Export(
        "data_0_0_0.csv",
        b"ID,NAME,NOTE\n1,Lund\\, Ada,a\\\\b\n2,\\N,\n",
        "ID",
        {"name": "NAME", "note": "NOTE"},
        {"1": {"name": "Lund, Ada", "note": "a\\b"}, "2": {}},
    ),
    "Hive": Export(
        "000000_0",
        b"1\x01ada.lund@example.com\n2\x01\\N\n",
        "id",
        {"email": "email"},
        {"1": {"email": ADA}, "2": {}},
        {"columns": ["id", "email"], "delimiter": "\\x01"},
    ),
    "Klaviyo": Export(
        "members.csv",
        b'Email,Klaviyo ID,"First Name",Phone Number,Date Added\r\n'
        b"ada.lund@example.com,01ABC,Ada,'+4790000001,2024-01-15 08:30:00\r\n"
        b"bo.reyes@example.com,01ABD,Bo,,2023-11-02 14:05:09\r\n",
        "Email",
        {"phone": "Phone Number", "created_at": ("Date Added", "timestamp")},
        {
            ADA: {"phone": "+4790000001", "created_at": 1705307400},
            BO: {"created_at": 1698933909},
        },
    ),
    "LinkedIn": Export(
        "Connections.csv",
        b'Notes:\n"When exporting your data, you may notice that some are missing."\n'
        b"\nFirst Name,Last Name,URL,Email Address,Company,Position,Connected On\n"
        b"Ada,Lund,https://x.example/in/ada,ada.lund@example.com,,Boss,15 Jan 2024\n"
        b'Bo,Reyes,https://x.example/in/bo,,"Reyes, Inc.",,02 Nov 2023\n',
        "URL",
        {"email": "Email Address", "company": "Company"},
        {
            "https://x.example/in/ada": {"email": ADA},
            "https://x.example/in/bo": {"company": "Reyes, Inc."},
        },
        suggested=False,  # an email with gaps is a better known name
    ),
    "Qualtrics": Export(
        "survey.csv",
        b"StartDate,ResponseId,RecipientEmail,Q1\n"
        b'Start Date,Response ID,Recipient Email,"How\nwas it?"\n'
        b'"{""ImportId"":""startDate"",""timeZone"":""UTC""}",'
        b'"{""ImportId"":""_recordId""}","{""ImportId"":""recipientEmail""}",'
        b'"{""ImportId"":""QID1""}"\n'
        b"2024-01-15 08:30:00,R_1,ada.lund@example.com,Good\n"
        b"2023-11-02 14:05:09,R_2,,Bad\n",
        "ResponseId",
        {"email": "RecipientEmail", "answer": "Q1"},
        {"R_1": {"email": ADA, "answer": "Good"}, "R_2": {"answer": "Bad"}},
    ),
    "SurveyMonkey": Export(
        "survey.csv",
        b"Respondent ID,Email,What do you like?,\n,,Open-Ended Response,Other\n"
        b"118,ada.lund@example.com,Tea,x\n",
        "Respondent ID",
        {"email": "Email", "likes": "What do you like?"},
        {"118": {"email": ADA, "likes": "Tea"}},
        {"skipRows": [2]},
        suggested=False,  # nothing shows that the second row is no record
    ),
    "Google Contacts": Export(
        "contacts.csv",
        b"First Name,Last Name,Labels,E-mail 1 - Label,E-mail 1 - Value,"
        b"E-mail 1 - Value\nAda,Lund,* myContacts,* Work,"
        b"ada.lund@example.com,second@example.com\n",
        "E-mail 1 - Value",
        {"first_name": "First Name"},
        {ADA: {"first_name": "Ada"}},
        suggested=False,  # with one record, each column is an id
    ),
    "WooCommerce": Export(
        "customers.csv",
        b'\xef\xbb\xbf"ID","user_email","Total Spend","Sign Up"\n'
        b'"3","ada.lund@example.com","$1,249.50","2024-01-15 08:30:00"\n'
        b'"4","","$0.00","0000-00-00 00:00:00"\n',
        "ID",
        {"email": "user_email", "spend": ("Total Spend", "number")}
        | {"created_at": ("Sign Up", "timestamp")},
        {
            "3": {"email": ADA, "spend": 1249.5, "created_at": 1705307400},
            "4": {"spend": 0},
        },
    ),
    "a European spreadsheet": Export(
        "kunden.csv",
        "Kunden-ID;E-Mail;Umsatz;Aktiv\r\n1;ada.lund@example.com;1.249,50;WAHR\r\n"
        "2;jörg@example.com;0;FALSCH\r\n;;;\r\n".encode("cp1252"),
        "Kunden-ID",
        {"email": "E-Mail", "active": ("Aktiv", "boolean")},
        {
            "1": {"email": ADA, "active": True},
            "2": {"email": "jörg@example.com", "active": False},
        },
        {"encoding": "windows-1252"},
    ),
}


def people_of(
    export: Export, configuration: dict[str, Any], folder: Path
) -> dict[str, dict[str, Any]]:
    """Read and map an export, as a sync does; what is empty is left out."""
    path = folder / export.name
    path.write_bytes(export.content)
    config = parse_config(json.dumps(configuration).encode(), "configuration.json")
    mapper = mapper_for(config)
    with find_inputs([str(path)], ReadOptions(rules=config.file)) as inputs:
        payloads = [mapper.map(record) for record in inputs.records()]
    return {
        each.user_id: {k: v for k, v in each.attributes.items() if v not in (None, "")}
        for each in payloads
    }


@pytest.mark.parametrize("product", EXPORTS)
def test_an_export_ends_as_its_people(tmp_path: Path, product: str) -> None:
    """No header, footer, blank row or word for null becomes a person."""
    export = EXPORTS[product]

    assert people_of(export, export.configuration, tmp_path) == export.people


@pytest.mark.parametrize("product", EXPORTS)
def test_the_suggestion_for_an_export_can_be_synced(
    tmp_path: Path, product: str
) -> None:
    """It has a user id for each record, and no type that a value does not fit."""
    export = EXPORTS[product]
    path = tmp_path / export.name
    path.write_bytes(export.content)
    keys = ("records", "encoding", "delimiter", "columns")
    named = {key: export.keys[key] for key in keys if key in export.keys}
    minimal = {"parallelism": 1, "userId": "id", "mappings": [], **named}
    rules = parse_config(json.dumps(minimal).encode(), "c").file

    with find_inputs([str(path)], ReadOptions(rules=rules)) as inputs:
        seen = look_at_keys(inputs, rules)
    configuration: Any = seen.configuration()

    user_id = configuration["userId"]
    name = user_id["from"] if isinstance(user_id, dict) else user_id
    assert name in seen.keys
    if export.suggested:
        people = people_of(export, configuration, tmp_path)
        assert len(people) == len(export.people)


def test_an_export_without_a_header_gets_columns(
    api: ScriptedApi, program: Program
) -> None:
    """The suggestion alone is enough for a sync."""
    data = program.write_data(b"7\tada.lund@example.com\t\\N\n8\t\\N\tx\n", "u.tsv")

    suggested = program.run_as_given("check", "-suggest", "-data", data).stdout
    program.configure(**json.loads(suggested) | {"siteId": "sandbox-site"})
    program.configure(apiKey="sandbox-key")
    outcome = program.run("sync", "-data", data, "-json")

    assert json.loads(suggested)["columns"] == ["column1", "column2", "column3"]
    assert outcome.code == 0
    assert api.people() == {"7": {"column2": ADA}, "8": {"column3": "x"}}
