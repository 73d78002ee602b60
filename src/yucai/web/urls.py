"""The addresses of the pages."""

from django.contrib.auth.decorators import login_not_required
from django.urls import path
from django.views.i18n import set_language

from yucai.web.accounts import factor_views as factors
from yucai.web.accounts import office_views as office
from yucai.web.accounts import outside_views as outside
from yucai.web.accounts import own_views as own
from yucai.web.accounts import saved_views as saved
from yucai.web.accounts import service_views as service
from yucai.web.accounts import token_views as tokens
from yucai.web.accounts import trait_views
from yucai.web.accounts import views as accounts
from yucai.web.api import views as api
from yucai.web.api.door import api_paths
from yucai.web.erasure import views as erasure
from yucai.web.evidence import desk_views as import_desk
from yucai.web.evidence import imported_views as imported
from yucai.web.evidence import observation_device as device
from yucai.web.evidence import observation_views as observations
from yucai.web.evidence import rating_file_views as rating_files
from yucai.web.evidence import rating_views as ratings
from yucai.web.evidence import taking_views as taking
from yucai.web.evidence import views as evidence
from yucai.web.feeds import views as feeds
from yucai.web.governance import attainment_filling_views as attainment_filling
from yucai.web.governance import attainment_views as attainments
from yucai.web.governance import research_views
from yucai.web.governance import views as governance
from yucai.web.homes import views as homes
from yucai.web.jobs import views as jobs
from yucai.web.matching import case_views as support_cases
from yucai.web.matching import priority_views as listing
from yucai.web.measurement import adaptive_views as adaptive
from yucai.web.measurement import class_portrait_views as class_portraits
from yucai.web.measurement import step_views as steps
from yucai.web.measurement import views as measurement
from yucai.web.registers import own_views as trusted
from yucai.web.registers import views as registers
from yucai.web.rights import case_views as cases
from yucai.web.rights import data_views as own_data
from yucai.web.rights import minor_views as minors
from yucai.web.selection import public_views as announced
from yucai.web.selection import views as selection
from yucai.web.several import views as several
from yucai.web.stores import forwarding_views as forwarding
from yucai.web.stores import refused_views as refused
from yucai.web.stores import statement_views as statements
from yucai.web.stores import views as stores
from yucai.web.style import views as styling
from yucai.web.teaching import comment_views as class_comments
from yucai.web.teaching import map_views as class_maps
from yucai.web.teaching import views as teaching

handler500 = "yucai.web.accounts.requests.failed"
urlpatterns = [
    path("", accounts.start, name="start"),
    path("demo-sign-in", accounts.demo_sign_in, name="demo_sign_in"),
    path("sign-out", accounts.leave, name="sign_out"),
    path("password/<str:token>", accounts.set_password, name="set_password"),
    path("account/", own.account_page, name="account"),
    path("account/password", own.new_password, name="password_change"),
    path("account/sign-ins/end", own.end_others, name="sign_ins_end"),
    path("account/sign-ins/<int:pk>/end", own.end_one, name="sign_in_end"),
    path("identity-service", service.to_service, name="to_service"),
    path("identity-service/back", service.from_service, name="from_service"),
    path("outside/<str:token>", outside.outside, name="outside"),
    path("accounts/outside/", outside.outside_links, name="outside_links"),
    path("accounts/outside/add", outside.outside_link_add, name="outside_link_add"),
    path("accounts/outside/<int:pk>/back", outside.outside_link_back, name="outside_link_back"),
    path("second-step", factors.second_step, name="second_step"),
    path("passkey/ask", factors.passkey_ask, name="passkey_ask"),
    path("passkey/enter", factors.passkey_enter, name="passkey_enter"),
    path("account/tokens", tokens.api_tokens, name="api_tokens"),
    path("account/tokens/<int:pk>/revoke", tokens.api_token_revoke, name="api_token_revoke"),
    path("account/prove", factors.account_prove, name="account_prove"),
    path("account/generator", factors.generator_add, name="generator_add"),
    path("account/recovery-codes", factors.recovery_renew, name="recovery_renew"),
    path("account/second-factor/remove", factors.factors_off, name="factors_off"),
    path("account/passkeys/offer", factors.passkey_offer, name="passkey_offer"),
    path("account/passkeys/add", factors.passkey_add, name="passkey_add"),
    path("account/passkeys/<int:pk>/remove", factors.passkey_remove, name="passkey_remove"),
    path("accounts/<int:pk>/second-factor", office.account_factors, name="account_factors"),
    path("accounts/", office.accounts, name="accounts"),
    path("accounts/add", office.account_add, name="account_add"),
    path("accounts/<int:pk>/link", office.account_link, name="account_link"),
    path("accounts/<int:pk>/end", office.account_end, name="account_end"),
    path("accounts/<int:pk>/off", office.account_off, name="account_off"),
    path("accounts/<int:pk>/on", office.account_on, name="account_on"),
    path("language", login_not_required(set_language), name="set_language"),
    path("home/", homes.home, name="home"),
    path("search/", homes.search, name="search"),
    path("my/", homes.my_map, name="my_map"),
    path("views/", saved.saved_views, name="saved_views"),
    path("views/add", saved.saved_view_add, name="saved_view_add"),
    path("views/<int:pk>/rename", saved.saved_view_rename, name="saved_view_rename"),
    path("views/<int:pk>/delete", saved.saved_view_delete, name="saved_view_delete"),
    path("at-once/", several.several_acts, name="several_acts"),
    path("at-once/do", several.several_do, name="several_do"),
    path("at-once/<int:pk>/", several.several_act, name="several_act"),
    path("at-once/<int:pk>/undo", several.several_undo, name="several_undo"),
    path("groups/<int:pk>/", teaching.group, name="group"),
    path("spaces/<slug:code>/priority/", listing.priority, name="priority"),
    path("spaces/<slug:code>/priority/work-out", listing.priority_work_out, name="priority_work_out"),
    path("spaces/<slug:code>/priority/check", listing.priority_check, name="priority_check"),
    path("spaces/<slug:code>/priority/several", listing.priority_several, name="priority_several"),
    path("spaces/<slug:code>/cases/", support_cases.cases, name="cases"),
    path("priority/<int:pk>/open", support_cases.case_open, name="case_open"),
    path("cases/<int:pk>/", support_cases.case, name="case"),
    path("cases/<int:pk>/decide", support_cases.case_decide, name="case_decide"),
    path("cases/<int:pk>/undo", support_cases.case_undo, name="case_undo"),
    path("groups/<int:pk>/map/", class_maps.class_map, name="class_map"),
    path("groups/<int:pk>/scales/<str:quality>/", teaching.group_scale, name="group_scale"),
    path("groups/<int:pk>/comments/", class_comments.class_comments, name="class_comments"),
    path("groups/<int:pk>/comments/send", class_comments.comments_send, name="comments_send"),
    path("groups/<int:pk>/comments/<int:person>/", class_comments.class_comment, name="class_comment"),
    path("comments/<int:pk>/withdraw", class_comments.comment_withdraw, name="comment_withdraw"),
    path("people/<int:pk>/portrait/", measurement.portrait, name="portrait"),
    path("people/<int:pk>/portrait.pdf", measurement.portrait_file, name="portrait_file"),
    path("talent-type", measurement.talent_type, name="talent_type"),
    path("groups/<int:pk>/portraits/", class_portraits.class_portraits, name="class_portraits"),
    path("groups/<int:pk>/portraits/<int:book>.pdf", class_portraits.class_portraits_file, name="class_portraits_file"),
    path("next-steps/mark", steps.step_mark, name="step_mark"),
    path("next-steps/refuse", steps.steps_refuse, name="steps_refuse"),
    path("next-steps/want", steps.steps_want, name="steps_want"),
    path("people/<int:pk>/looks/", governance.who_looked, name="who_looked"),
    path("people/<int:pk>/data/", own_data.my_data, name="my_data"),
    path("people/<int:pk>/data.zip", own_data.person_export, name="person_export"),
    path("requests/", cases.index, name="requests"),
    path("requests/add", cases.add, name="request_add"),
    path("requests/<int:pk>/", cases.case, name="request"),
    path("requests/<int:pk>/take", cases.take, name="request_take"),
    path("requests/<int:pk>/decide", cases.decide, name="request_decide"),
    path("requests/<int:pk>/appeal", cases.appeal, name="request_appeal"),
    path("assessments/<int:pk>/", teaching.assessment, name="assessment"),
    path("own-works/", evidence.own_works, name="own_works"),
    path("own-works/add", evidence.add, name="own_work_add"),
    path("own-works/to-verify", evidence.queue, name="own_works_queue"),
    path("own-works/<int:pk>/", evidence.work, name="own_work"),
    path("own-works/<int:pk>/file", evidence.file, name="own_work_file"),
    path("own-works/<int:pk>/withdraw", evidence.withdraw, name="own_work_withdraw"),
    path("own-works/<int:pk>/decide", evidence.decide, name="own_work_decide"),
    path("own-works/<int:pk>/take-back", evidence.take_back, name="own_work_take_back"),
    path("ratings/", ratings.index, name="ratings"),
    path("ratings/add", ratings.add_round, name="rating_round_add"),
    path("ratings/works/<int:pk>/", ratings.seat, name="rating_seat"),
    path("ratings/rounds/<int:pk>/", ratings.one_round, name="rating_round"),
    path("ratings/rounds/<int:pk>/works", ratings.key, name="rating_key"),
    path("ratings/rounds/<int:pk>/raters", measurement.raters, name="raters"),
    path("ratings/rounds/<int:pk>/sheet.xlsx", rating_files.sheet, name="rating_sheet"),
    path("ratings/rounds/<int:pk>/sheet", rating_files.upload_sheet, name="rating_sheet_upload"),
    path("ratings/rounds/<int:pk>/sheet/save", rating_files.save, name="rating_sheet_save"),
    path("ratings/rounds/<int:pk>/hand-in", ratings.hand_in, name="rating_hand_in"),
    path("ratings/rounds/<int:pk>/close", ratings.close, name="rating_close"),
    path("observations/", observations.index, name="observations"),
    path("observations/add", observations.add, name="observation_add"),
    path("observations/plans/<int:pk>/", observations.plan, name="observation_plan"),
    path("observations/plans/<int:pk>/answer", observations.results, name="observation_results"),
    path("observations/plans/<int:pk>/boris.tsv", observations.boris, {"kind": "tsv"}, name="observation_boris_tsv"),
    path("observations/plans/<int:pk>/boris.xlsx", observations.boris, {"kind": "xlsx"}, name="observation_boris_xlsx"),
    path("observations/plans/<int:pk>/observations.xlsx", observations.table, name="observation_table"),
    path("observations/plans/<int:pk>/close", observations.close, name="observation_close"),
    path("observations/plans/<int:pk>/delete", observations.delete, name="observation_delete"),
    path("observations/plans/<int:pk>/withdraw", observations.withdraw, name="observation_withdraw"),
    path("observe/", device.shell, name="observe"),
    path("observe/worker.js", device.worker, name="observe_worker"),
    path("observe/turns", device.turns, name="observe_turns"),
    path("observe/records", device.records, name="observe_records"),
    path("tests/", adaptive.index, name="tests"),
    path("tests/add", adaptive.add, name="test_add"),
    path("tests/<int:pk>/", adaptive.one_test, name="adaptive_test"),
    path("tests/<int:pk>/close", adaptive.close, name="test_close"),
    path("tests/mine/<int:pk>/", adaptive.sitting, name="sitting"),
    path("tests/mine/<int:pk>/begin", adaptive.begin, name="sitting_begin"),
    path("tests/mine/<int:pk>/answer", adaptive.answer, name="sitting_answer"),
    path("spaces/<slug:code>/questions/", teaching.question_bank, name="question_bank"),
    path("about-the-numbers", measurement.about_numbers, name="about_numbers"),
    path("rules", governance.rules, name="rules"),
    path("style/", styling.style, name="style"),
    path("about/algorithms", registers.about_algorithms, name="about_algorithms"),
    path("trust/", trusted.trust, name="trust"),
    path("trust/notices/", trusted.notices, name="notices"),
    path("trust/notices/read", trusted.notices_read, name="notices_read"),
    path("trust/consents/", trusted.my_consents, name="my_consents"),
    path("trust/consents/<int:pk>/give", trusted.consent_give, name="consent_give"),
    path("trust/consents/<slug:name>/withdraw", trusted.consent_withdraw, name="consent_withdraw"),
    path("spaces/<slug:code>/registers/", registers.registers, name="registers"),
    path("spaces/<slug:code>/registers/data-sets/<int:pk>/", registers.data_set, name="data_set"),
    path("spaces/<slug:code>/registers/methods/<slug:name>/", registers.method, name="method"),
    path("spaces/<slug:code>/registers/methods/<slug:name>/off", registers.method_off, name="method_off"),
    path("spaces/<slug:code>/registers/processors/", registers.processors, name="processors"),
    path("spaces/<slug:code>/registers/processors/<int:pk>/end", registers.processor_end, name="processor_end"),
    path("spaces/<slug:code>/registers/notice/", trusted.notice_kept, name="notice_kept"),
    path("spaces/<slug:code>/registers/consents/", trusted.consents_kept, name="consents_kept"),
    path("spaces/<slug:code>/registers/consents/record", trusted.consent_record, name="consent_record"),
    path("spaces/<slug:code>/registers/consents/ship", trusted.consent_texts_ship, name="consent_texts_ship"),
    path("spaces/<slug:code>/release-rules", governance.release_rules, name="release_rules"),
    path("spaces/<slug:code>/data", own_data.find_data, name="find_data"),
    path("spaces/<slug:code>/minors/", minors.minors_page, name="minors"),
    path("spaces/<slug:code>/minors/guardians/<int:pk>/end", minors.guardian_end, name="minors_guardian_end"),
    path("spaces/<slug:code>/minors/approvals/<int:pk>/end", minors.approval_end, name="minors_approval_end"),
    path("spaces/<slug:code>/minors/<int:year>.zip", minors.pack, name="minors_pack"),
    path("spaces/<slug:code>/erasures/", erasure.erasures, name="erasures"),
    path("spaces/<slug:code>/erasures/add", erasure.erasure_add, name="erasure_add"),
    path("erasures/<int:pk>/", erasure.erasure, name="erasure"),
    path("erasures/<int:pk>/confirm", erasure.confirm, name="erasure_confirm"),
    path("erasures/<int:pk>/withdraw", erasure.withdraw, name="erasure_withdraw"),
    path("erasures/<int:pk>/let-in", erasure.let_in, name="erasure_let_in"),
    path("erasures/<int:pk>/certificate.json", erasure.certificate_json, name="certificate_json"),
    path("erasures/<int:pk>/certificate.pdf", erasure.certificate_pdf, name="certificate_pdf"),
    path("spaces/<slug:code>/holds/add", erasure.hold_add, name="hold_add"),
    path("holds/<int:pk>/lift", erasure.hold_lift, name="hold_lift"),
    path("spaces/<slug:code>/retention/<int:pk>", erasure.retention_ask, name="retention_ask"),
    path("governance/attainment/", attainments.attainment, name="attainment"),
    path("governance/attainment/mine/", attainments.my_attainment, name="my_attainment"),
    path("governance/attainment/maps/add", attainment_filling.attainment_map_add, name="attainment_map_add"),
    path("governance/attainment/maps/<int:pk>.xlsx", attainments.attainment_map_file, name="attainment_map_file"),
    path("governance/attainment/courses/add", attainment_filling.attainment_course_add, name="attainment_course_add"),
    path("governance/attainment/courses/<int:pk>/", attainments.attainment_course, name="attainment_course"),
    path(
        "governance/attainment/courses/<int:pk>/students/", attainments.attainment_students, name="attainment_students"
    ),
    path("governance/attainment/courses/<int:pk>/report.docx", attainments.attainment_report, name="attainment_report"),
    path(
        "governance/attainment/courses/<int:pk>/report.xlsx",
        attainments.attainment_workbook,
        name="attainment_workbook",
    ),
    path(
        "governance/attainment/courses/<int:pk>/scores",
        attainment_filling.attainment_scores,
        name="attainment_scores",
    ),
    path(
        "governance/attainment/courses/<int:pk>/scores.xlsx",
        attainment_filling.attainment_score_sheet,
        name="attainment_score_sheet",
    ),
    path(
        "governance/attainment/courses/<int:pk>/records",
        attainment_filling.attainment_from_records,
        name="attainment_from_records",
    ),
    path(
        "governance/attainment/courses/<int:pk>/survey",
        attainment_filling.attainment_survey,
        name="attainment_survey",
    ),
    path(
        "governance/attainment/courses/<int:pk>/analysis",
        attainment_filling.attainment_analysis,
        name="attainment_analysis",
    ),
    path(
        "governance/attainment/courses/<int:pk>/actions/add",
        attainment_filling.attainment_action_add,
        name="attainment_action_add",
    ),
    path(
        "governance/attainment/courses/<int:pk>/hand-in",
        attainment_filling.attainment_hand_in,
        name="attainment_hand_in",
    ),
    path(
        "governance/attainment/courses/<int:pk>/check",
        attainment_filling.attainment_check,
        name="attainment_check",
    ),
    path(
        "governance/attainment/courses/<int:pk>/correct",
        attainment_filling.attainment_correct,
        name="attainment_correct",
    ),
    path("announcements/", announced.index, name="announced_index"),
    path("announcements/<slug:key>/", announced.public, name="announced"),
    path("spaces/<slug:code>/announcements/", selection.announcements, name="announcements"),
    path("spaces/<slug:code>/announcements/add", selection.announcement_add, name="announcement_add"),
    path("announced/<int:pk>/", selection.announcement, name="announcement"),
    path("announced/<int:pk>/change", selection.change, name="announcement_change"),
    path("announced/<int:pk>/lines", selection.lines_add, name="announcement_lines"),
    path("announced/<int:pk>/ask", selection.ask, name="announcement_ask"),
    path("announced/<int:pk>/approve", selection.approve, name="announcement_approve"),
    path("announced/<int:pk>/return", selection.return_, name="announcement_return"),
    path("announced/<int:pk>/down", selection.down, name="announcement_down"),
    path("announced/<int:pk>/notice.pdf", selection.paper, name="announcement_paper"),
    path("announced/lines/<int:pk>/off", selection.off, name="announced_off"),
    path("announced/lines/<int:pk>/correct", selection.correct, name="announced_correct"),
    path("spaces/<slug:code>/research/", research_views.research, name="research"),
    path("research/<int:pk>/sheet.pdf", research_views.research_use, name="research_use"),
    path("research/<int:pk>/end", research_views.research_end, name="research_end"),
    path("spaces/<slug:code>/protected-traits/", trait_views.traits, name="traits"),
    path("protected-traits/<int:pk>/end", trait_views.trait_end, name="trait_end"),
    path("spaces/<slug:code>/measure", jobs.measure, name="measure"),
    path("spaces/<slug:code>/import/", import_desk.desk, name="import_desk"),
    path("spaces/<slug:code>/import/drop", import_desk.drop, name="import_drop"),
    path("spaces/<slug:code>/import/next", import_desk.following, name="import_next"),
    path("spaces/<slug:code>/import/<int:pk>/", import_desk.upload, name="upload"),
    path("spaces/<slug:code>/import/<int:pk>/changes", taking.changes, name="import_changes"),
    path("spaces/<slug:code>/import/<int:pk>/refused.xlsx", import_desk.refused, name="import_refused"),
    path("spaces/<slug:code>/import/<int:pk>/take", taking.take, name="import_take"),
    path("spaces/<slug:code>/import/<int:pk>/throw", import_desk.throw, name="import_throw"),
    path("spaces/<slug:code>/import/undo/<int:pk>", imported.undo, name="import_undo"),
    path("spaces/<slug:code>/import/taken/<int:pk>/", imported.rows, name="import_rows"),
    path("spaces/<slug:code>/import/taken/<int:pk>/refused.xlsx", imported.refused_rows, name="import_refused_rows"),
    path("evidence/feeds/", feeds.feeds, name="feeds"),
    path("evidence/feeds/add", feeds.add, name="feed_add"),
    path("evidence/feeds/<int:pk>/", feeds.feed, name="feed"),
    path("evidence/feeds/<int:pk>/look", feeds.look, name="feed_look"),
    path("evidence/feeds/<int:pk>/take", feeds.take, name="feed_take"),
    path("evidence/feeds/<int:pk>/mapping", feeds.mapping, name="feed_mapping"),
    path("evidence/feeds/<int:pk>/renew", feeds.renew, name="feed_renew"),
    path("evidence/feeds/<int:pk>/actor", feeds.actor, name="feed_actor"),
    path("evidence/feeds/actors/<int:pk>/forget", feeds.forget, name="feed_actor_forget"),
    path("evidence/feeds/<int:pk>/follow", feeds.follow, name="feed_follow"),
    path("evidence/scores/<int:pk>/statement", feeds.statement, name="evidence_statement"),
    path("records/", stores.stores, name="record_stores"),
    path("records/add", stores.add, name="record_store_add"),
    path("records/<slug:code>/", stores.store, name="record_store"),
    path("records/<slug:code>/settings", stores.settings, name="record_store_settings"),
    path("records/<slug:code>/close", stores.close, name="record_store_close"),
    path("records/<slug:code>/open", stores.open_again, name="record_store_open"),
    path("records/<slug:code>/again", stores.again, name="record_again"),
    path("records/<slug:code>/tools/add", stores.credential_add, name="record_credential_add"),
    path("records/<slug:code>/tools/<int:pk>/revoke", stores.credential_revoke, name="record_credential_revoke"),
    path("records/<slug:code>/statements/", statements.statements, name="record_statements"),
    path("records/<slug:code>/statements/<uuid:id>/", statements.statement, name="record_statement"),
    path(
        "records/<slug:code>/statements/<uuid:id>/attachments/<slug:sha2>",
        statements.attachment,
        name="record_attachment",
    ),
    path("records/<slug:code>/statements.jsonl", statements.download, {"kind": "jsonl"}, name="record_jsonl"),
    path("records/<slug:code>/statements.csv", statements.download, {"kind": "csv"}, name="record_csv"),
    path("records/<slug:code>/statements.xlsx", statements.download, {"kind": "xlsx"}, name="record_xlsx"),
    path("records/<slug:code>/forwarding/", forwarding.forwardings, name="record_forwardings"),
    path("records/<slug:code>/forwarding/add", forwarding.forwarding_add, name="record_forwarding_add"),
    path("records/<slug:code>/forwarding/<int:pk>/switch", forwarding.switch, name="record_forwarding_switch"),
    path("records/<slug:code>/forwarding/<int:pk>/resend", forwarding.resend, name="record_forwarding_resend"),
    path("records/<slug:code>/refused/", refused.box, name="record_refused"),
    path("records/<slug:code>/refused/again", refused.again_all, name="record_refused_again_all"),
    path("records/<slug:code>/refused/<int:pk>/", refused.one, name="record_refused_one"),
    path("records/<slug:code>/refused/<int:pk>/again", refused.again, name="record_refused_again"),
    path("records/<slug:code>/refused/<int:pk>/dismiss", refused.throw, name="record_refused_dismiss"),
    path("jobs/<int:pk>/", jobs.job, name="job"),
    path("jobs/<int:pk>/progress", jobs.progress, name="job_progress"),
    path("jobs/<int:pk>/cancel", jobs.cancel, name="job_cancel"),
    path("api/v1/", api.api_page, name="api"),
    path("api/v1/openapi.json", api.api_document, name="api_document"),
    *api_paths(),
]
