// Makes the examples anew: node examples/make/make.ts. The same files come out every time.
import { makeCorpdb1 } from './corpdb1.ts';
import { makeHelpdeskSql } from './helpdesk-sql.ts';
import { makeMainframe } from './mainframe.ts';
import { makeSapCloudIdentity } from './sap-cloud-identity.ts';
import { makeWikiOpenldap } from './wiki-openldap.ts';

makeCorpdb1();
makeSapCloudIdentity();
makeWikiOpenldap();
makeHelpdeskSql();
makeMainframe();
