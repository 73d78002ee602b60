"""Who may open which address: one table, walked for every role and every relation.

A letter says who is let in: D director, R institutional research officer, T teacher, M mentor, S student, B bureau
officer, O data protection officer. The columns are whose things they are: **own** - of one's own class, of the student
themself, given to the teacher; **beside** - of another class of the same institution; **elsewhere** - of another
institution. ``-`` is nobody, ``=`` means that the column says nothing of this address.

An address without a line here fails: whoever adds a page says who sees it.
"""

from collections import Counter
from dataclasses import replace

import pytest
from django.db import transaction
from django.urls import URLPattern, get_resolver, reverse

from tests.trust.world import ROLES, furnish
from yucai.web.api.operations import OPERATIONS

# address                    how   thing           own     beside  elsewhere
MATRIX = """
home                         get   -               DRTMSBO =       =
search                       get   -               DRTMO   =       =
my_map                       get   -               S       =       =
rules                        get   -               DRTMSBO =       =
about_numbers                get   -               DRTMSBO =       =
style                        get   -               DRTMSBO =       =
group                        get   group           DRTM    DR      -
group                        get   cohort          DRB     =       -
coordination                 get   -               DRB     =       =
coordination_file            get   -               DRB     =       =
coordination_audit           get   -               DRB     =       =
priority                     get   space           DT      =       -
priority_fairness            get   space           DR      =       -
priority_work_out            post  space           DT      =       -
priority_check               post  space           D       =       -
priority_several             get   space           DT      =       -
selection_rules              get   space           D       =       -
selection_rule_add           get   space           D       =       -
selection_rule               get   rule            D       =       -
selection_rule_run           post  rule            D       =       -
selection_run                get   rule-run        D       =       -
selection_compare            post  rule-run        D       =       -
selection_minutes            get   rule-run        D       =       -
selection_fairness           get   rule-run        D       =       -
cases                        get   space           DT      =       -
case_open                    post  listed          DT      D       -
case                         get   case            DTS     D       -
case_decide                  post  case            DT      D       -
case_undo                    post  case            D       D       -
policies                     get   -               DRBO    =       =
policy_add                   get   -               DR      =       =
policy_from_file             post  -               DR      =       =
policy_take                  post  -               DR      =       =
policy_template              get   -               DR      =       =
policy                       get   policy          DRBO    =       -
policy_change                get   policy-draft    DR      =       -
policy_drop                  post  policy-draft    DR      =       -
policy_seal                  get   policy-draft    DR      =       -
policy_open                  post  policy          DR      =       -
policy_accept                post  policy          DR      =       -
policy_work_out              post  policy          DR      =       -
policy_rerun                 post  policy          DR      =       -
policy_vintage               post  policy          DR      =       -
policy_replace               post  policy          DR      =       -
policy_bundle                get   policy          DRBO    =       -
policy_card_file             get   policy          DRBO    =       -
policy_paper                 get   policy          DRBO    =       -
attainment                   get   -               DRT     =       =
my_attainment                get   -               S       =       =
attainment_map_add           get   -               DRT     =       =
attainment_map_file          get   course-map      DRT     =       -
attainment_course_add        get   -               DRT     =       =
attainment_course            get   attained        DRT     DR      -
attainment_students          get   attained        DRT     DR      -
attainment_report            get   attained        DRT     DR      -
attainment_workbook          get   attained        DRT     DR      -
attainment_scores            get   attained        DT      D       -
attainment_score_sheet       get   attained        DT      D       -
attainment_from_records      post  attained        DT      D       -
attainment_survey            get   attained        DT      D       -
attainment_analysis          post  attained        DT      D       -
attainment_action_add        get   attained        DT      D       -
attainment_hand_in           post  attained        DT      D       -
attainment_check             post  attained        DR      DR      -
attainment_correct           get   attained        DT      D       -
class_map                    get   group           DRT     DR      -
group_scale                  get   scale           DRT     DR      -
class_comments               get   group           DT      D       -
comments_send                post  group           DT      D       -
class_comment                get   commented       DT      D       -
comment_withdraw             post  comment         DT      D       -
portrait                     get   person          DRTMS   DR      -
portrait_file                get   person          DRTMS   DR      -
talent_type                  post  -               S       =       =
class_portraits              get   group           DRTM    DR      -
class_portraits_file         get   class-portraits T       D       -
step_mark                    post  -               S       =       =
steps_refuse                 post  -               S       =       =
steps_want                   post  -               S       =       =
who_looked                   get   person          DRTMSO  DRO     -
my_data                      get   person          SO      O       -
person_export                get   person          SO      O       -
requests                     get   -               DSO     =       =
request_add                  get   -               -       =       =
request                      get   request         DSO     DO      -
request_take                 post  request         DO      DO      -
request_decide               post  request         DO      DO      -
request_appeal               post  request         S       -       -
assessment                   get   assessment      DRT     DR      -
evidence_statement           get   score           DRS     DR      -
account                      get   -               DRTMSBO =       =
password_change              get   -               DRTMSBO =       =
account_prove                get   -               DRTMSBO =       =
generator_add                get   -               DRTMSBO =       =
recovery_renew               get   -               DRTMSBO =       =
factors_off                  get   -               DRTMSBO =       =
passkey_offer                post  -               DRTMSBO =       =
passkey_add                  post  -               DRTMSBO =       =
passkey_remove               post  passkey         S       -       -
api_tokens                   get   -               DRTMSBO =       =
api_token_revoke             post  api-token       S       -       -
sign_ins_end                 post  -               DRTMSBO =       =
sign_in_end                  post  sign-in         S       -       -
accounts                     get   -               D       =       =
account_add                  get   -               D       =       =
account_link                 post  account         D       D       -
account_end                  post  account         D       D       -
account_off                  post  account         D       D       -
account_on                   post  account         D       D       -
account_factors              post  account         D       D       -
outside_links                get   -               D       =       =
outside_link_add             get   -               D       =       =
outside_link_back            post  outside-link    D       D       -
own_works                    get   -               S       =       =
own_work_add                 get   -               S       =       =
own_works_queue              get   -               DTM     =       =
own_work_made                post  naming          S       -       -
own_work                     get   work            DRTMS   DR      -
own_work_file                get   work            DRTMS   DR      -
own_work_withdraw            post  work            S       -       -
own_work_decide              post  work            DTM     D       -
own_work_take_back           post  verified-work   D       D       -
ratings                      get   -               DRTM    =       =
rating_round_add             get   -               -       =       =
rating_seat                  get   seat            T       =       -
rating_round                 get   round           DR      =       -
rating_key                   get   round           D       =       -
raters                       get   round           D       =       -
rating_sheet                 get   round           DT      =       -
rating_sheet_upload          post  round           DT      =       -
rating_sheet_save            post  round           DT      =       -
rating_hand_in               post  round           DT      =       -
rating_close                 post  round           D       =       -
observations                 get   -               DRTM    =       =
observation_add              get   -               -       =       =
observation_plan             get   plan            DR      =       -
observation_results          get   plan            DR      =       -
observation_boris_tsv        get   plan            DR      =       -
observation_boris_xlsx       get   plan            DR      =       -
observation_table            get   plan            DR      =       -
observation_close            post  plan            D       =       -
observation_delete           post  plan            D       =       -
observation_withdraw         post  plan            D       =       -
observe_turns                get   -               DRTM    =       =
observe_records              post  -               DRTM    =       =
tests                        get   -               DRTS    =       =
test_add                     get   -               -       =       =
adaptive_test                get   test            DRT     DR      -
test_close                   post  test            DT      D       -
sitting                      get   sitting         S       -       -
sitting_begin                post  sitting         S       -       -
sitting_answer               post  sitting         S       -       -
question_bank                get   space           DRT     =       -
saved_views                  get   -               DRTMSBO =       =
saved_view_add               post  -               DRTMSBO =       =
saved_view_rename            post  saved-view      T       -       -
saved_view_delete            post  saved-view      T       -       -
several_acts                 get   -               DTM     =       =
several_do                   post  -               DTM     =       =
several_act                  get   several-act     D       =       -
several_undo                 post  several-act     D       =       -
trust                        get   -               DRTMSBO =       =
notices                      get   -               DRTMSBO =       =
notices_read                 post  -               DRTMSBO =       =
my_consents                  get   -               S       =       =
consent_give                 post  consent-text    S       =       -
consent_withdraw             post  consent-name    S       =       =
registers                    get   space           DRTMSBO =       -
data_set                     get   data-set        DRTMSBO =       -
method                       get   method          DRTMSBO =       -
method_off                   post  method          DO      =       -
processors                   get   space           DRTMSBO =       -
processor_end                post  processor       DO      =       -
notice_kept                  get   space           DO      =       -
consents_kept                get   space           DO      =       -
consent_record               post  space           DO      =       -
consent_texts_ship           post  space           DO      =       -
teaching_quality             get   -               DRT     =       =
teaching_add                 get   -               DR      =       =
teaching_work_out            post  survey          DR      =       -
teaching_remove              post  survey          DR      =       -
teaching_paper               get   survey          DR      =       -
value_added                  get   -               DRT     =       =
value_added_add              get   -               DR      =       =
value_added_again            post  added           DR      =       -
value_added_remove           post  added           DR      =       -
value_added_paper            get   added           DR      =       -
release_rules                get   space           DR      =       -
find_data                    get   space           O       =       -
minors                       get   space           O       =       -
minors_pack                  get   pack            O       =       -
minors_guardian_end          post  guardian        O       =       -
minors_approval_end          post  approval        O       =       -
erasures                     get   space           DO      =       -
erasure_add                  get   space           DO      =       -
erasure                      get   erasure         DO      =       -
erasure_confirm              post  erasure         DO      =       -
erasure_withdraw             post  erasure         DO      =       -
erasure_let_in               post  erased          DO      =       -
certificate_json             get   erased          DO      =       -
certificate_pdf              get   erased          DO      =       -
hold_add                     get   space           DO      =       -
hold_lift                    post  hold            DO      =       -
retention_ask                post  data-set        DO      =       -
announcements                get   space           DO      =       -
announcement_add             get   space           DO      =       -
announcement                 get   announcement    DO      =       -
announcement_change          get   announcement    DO      =       -
announcement_lines           post  announcement    DO      =       -
announcement_ask             post  announcement    DO      =       -
announcement_approve         post  announcement    DO      =       -
announcement_return          post  announcement    DO      =       -
announcement_down            post  announcement    DO      =       -
announcement_paper           get   approved-one    DO      =       -
announced_off                post  announced-line  DO      =       -
announced_correct            post  announced-line  DO      =       -
research                     get   space           DRO     =       -
research_use                 get   research        DRO     =       -
research_end                 post  research        DRO     =       -
traits                       get   space           DO      =       -
trait_end                    post  trait           DO      =       -
measure                      post  space           DR      =       -
import_desk                  get   space           DR      =       -
import_drop                  post  space           DR      =       -
import_next                  get   space           DR      =       -
upload                       get   upload          DR      =       -
import_changes               get   upload          DR      =       -
import_refused               get   upload          DR      =       -
import_take                  post  upload          DR      =       -
import_throw                 post  upload          DR      =       -
import_undo                  get   import          DR      =       -
import_rows                  get   import          DR      =       -
import_refused_rows          get   import          DR      =       -
feeds                        get   -               DR      =       =
feed_add                     get   -               DR      =       =
feed                         get   feed            DR      =       -
feed_look                    post  feed            DR      =       -
feed_take                    post  feed            DR      =       -
feed_mapping                 get   feed            DR      =       -
feed_renew                   post  feed            DR      =       -
feed_actor                   post  feed            DR      =       -
feed_follow                  post  feed            DR      =       -
feed_actor_forget            post  actor           DR      =       -
record_stores                get   -               DR      =       =
record_store_add             get   -               DR      =       =
record_store                 get   store           DR      =       -
record_store_settings        get   store           DR      =       -
record_store_close           post  store           DR      =       -
record_store_open            post  store           DR      =       -
record_again                 get   store           DR      =       -
record_credential_add        get   store           DR      =       -
record_credential_revoke     get   credential      DR      =       -
record_statements            get   store           DR      =       -
record_statement             get   statement       DR      =       -
record_attachment            get   attachment      DR      =       -
record_jsonl                 get   store           DR      =       -
record_csv                   get   store           DR      =       -
record_xlsx                  get   store           DR      =       -
record_forwardings           get   store           DR      =       -
record_forwarding_add        get   store           DR      =       -
record_forwarding_switch     post  forwarding      DR      =       -
record_forwarding_resend     post  forwarding      DR      =       -
record_refused               get   store           DR      =       -
record_refused_again_all     post  store           DR      =       -
record_refused_one           get   refused         DR      =       -
record_refused_again         post  refused         DR      =       -
record_refused_dismiss       post  refused         DR      =       -
job                          get   job             DR      =       -
job_progress                 get   job             DR      =       -
job_cancel                   post  job             DR      =       -
governance                   get   -               DRB     =       =
indicators                   get   -               DRB     =       =
indicator                    get   indicator       DRB     =       =
indicator_plan               post  indicator       DR      =       =
indicator_fill               post  indicator       DR      =       =
indicator_sign               post  indicator       DR      =       =
chain                        get   -               DRB     =       =
quality_report               get   -               DR      =       =
"""
# Open to everybody, and about nobody: signing in and out, the language, and the recording page, which holds no data.
# Announcements are what everybody may see while they run, by an address that nobody guesses: see tests/trust.
# What opens by a link, a password half way, a key or the identity service asks for that proof: see tests/accounts.
OPEN = {"start", "demo_sign_in", "sign_out", "set_language", "observe", "observe_worker", "second_step", "passkey_ask",
        "passkey_enter", "to_service", "from_service", "set_password", "outside", "about_algorithms", "announced",
        "announced_index", "api", "api_document", "api_unknown"}  # fmt: skip
# What programs ask: each operation has the access of a page, which tests/trust/test_api_access.py holds it to for the
# roles and columns of that page's line here.
FOR_PROGRAMS = {operation.url_name for operation in OPERATIONS}
LETTERS = dict(
    zip(("director", "researcher", "teacher", "mentor", "student", "bureau", "officer"), "DRTMSBO", strict=True)
)
LINES = [line.split() for line in MATRIX.strip().splitlines()]


@pytest.fixture
def world(db, settings, tmp_path):
    """Everything once, in two institutions; the accounts that ask belong to the first."""
    settings.WORKSPACE = replace(settings.WORKSPACE, folder=tmp_path / "office")
    own, beside = furnish("near", tmp_path)
    elsewhere, _ = furnish("far", tmp_path)
    return {"own": own, "beside": beside, "elsewhere": elsewhere}


def asked(client, address, how):
    """Ask, and undo what that did: give the status."""
    with transaction.atomic():
        answer = getattr(client, how)(address)
        if answer.streaming:
            b"".join(answer.streaming_content)
        transaction.set_rollback(True)
    return answer.status_code


def let_in(status):
    assert status < 500
    return status != 403


def address_of(line, things):
    name, _how, kind, *_ = line
    parts = {} if kind == "-" else things.parts[kind.replace("-", " ")]
    return reverse(name, kwargs=parts)


@pytest.mark.parametrize("role", ROLES)
def test_the_access_matrix(client, world, role):
    client.force_login(world["own"].accounts[role])
    wrong = []
    for line in LINES:
        for column, said in zip(("own", "beside", "elsewhere"), line[3:], strict=True):
            if said == "=":
                continue
            status = asked(client, address_of(line, world[column]), line[1])
            if let_in(status) != (LETTERS[role] in said):
                wrong.append(f"{line[0]} ({line[2]}) {column}: {status}, the table says {said}")
    assert "\n".join(wrong) == ""


def test_nobody_is_let_in_without_signing_in(client, world):
    wrong = []
    for line in LINES:
        answer = getattr(client, line[1])(address_of(line, world["own"]))
        if answer.status_code != 302 or not answer["Location"].startswith("/?next="):
            wrong.append(f"{line[0]}: {answer.status_code}")
    assert "\n".join(wrong) == ""


def test_every_address_has_a_line():
    known = get_resolver().url_patterns
    names = [pattern.name for pattern in known if isinstance(pattern, URLPattern)]
    assert len(names) == len(known), "addresses of an included part are not walked"
    lines = {line[0] for line in LINES}
    assert lines.isdisjoint(OPEN)
    assert lines | OPEN == set(names) - FOR_PROGRAMS
    assert set(names) >= FOR_PROGRAMS
    assert [name for name, n in Counter(names).items() if n > 1] == []


def test_an_address_that_shows_people_refuses_a_number_that_names_nobody_like_a_stranger(client, world):
    client.force_login(world["own"].accounts["teacher"])
    for name in ("portrait", "portrait_file", "who_looked", "group", "own_work", "evidence_statement"):
        assert client.get(reverse(name, kwargs={"pk": 987654321})).status_code == 403, name
