// The tables of access reviews.

/**
 * `review_objects` holds definitions, instances, stages and histories: `body` is what is shown, `own` what is not, `due` the
 * moment at which the next thing happens by itself. `review_items` holds the decisions: one of each user in each stage, of
 * which one is `current`, that of the latest stage which the user has reached.
 */
export const REVIEW_TABLES = `
create table review_objects (
  n integer primary key, id text not null unique, kind text not null, parent text not null, body text not null,
  own text not null, due integer
);
create index review_objects_by_parent on review_objects (kind, parent, n);
create index review_objects_by_due on review_objects (due, n) where due is not null;
create table review_items (
  n integer primary key, id text not null unique, instance text not null, stage text not null, principal text not null,
  name text, upn text, own_reviewer text, needs_fallback integer not null, is_current integer not null,
  is_reached integer not null, recommendation text not null, decision text not null, justification text, reviewed_by text,
  reviewed_at text, apply_result text not null, applied_by text, applied_at text
);
create index review_items_by_instance on review_items (instance, is_current, n);
create index review_items_by_stage on review_items (stage, is_reached, n);
create index review_items_by_reviewer on review_items (own_reviewer, instance, n) where own_reviewer is not null;
create index review_items_by_principal on review_items (instance, principal);
create index review_items_by_decision on review_items (instance, is_current, decision, n);
create index review_items_by_result on review_items (instance, is_current, apply_result, n);
create index review_items_by_recommendation on review_items (instance, is_current, recommendation, n);
create table review_reviewers (
  stage text not null, is_fallback integer not null, reviewer text not null, primary key (stage, is_fallback, reviewer)
) without rowid;
create table review_contacted (
  n integer primary key, instance text not null, reviewer text not null, name text, upn text, created text not null
);
create unique index review_contacted_by_instance on review_contacted (instance, reviewer);
create index review_contacted_by_reviewer on review_contacted (reviewer);
create table review_reports (history text primary key, token text, expires integer, csv text not null) without rowid;
create index review_reports_by_token on review_reports (token) where token is not null;
`;
