PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE goose_db_version (
		id INTEGER PRIMARY KEY AUTOINCREMENT,
		version_id INTEGER NOT NULL,
		is_applied INTEGER NOT NULL,
		tstamp TIMESTAMP DEFAULT (datetime('now'))
	);
INSERT INTO goose_db_version VALUES(1,0,1,'2026-11-23 19:19:30');
INSERT INTO goose_db_version VALUES(2,1,1,'2026-11-23 19:19:30');
INSERT INTO goose_db_version VALUES(3,2,1,'2026-11-23 19:50:00');
INSERT INTO goose_db_version VALUES(4,3,1,'2026-11-23 20:28:14');
INSERT INTO goose_db_version VALUES(5,4,1,'2026-11-23 22:19:56');
INSERT INTO goose_db_version VALUES(8,5,1,'2026-11-23 22:58:44');
INSERT INTO goose_db_version VALUES(9,6,1,'2026-11-23 22:58:44');
CREATE TABLE meta (
  name  TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL
) STRICT;
INSERT INTO meta VALUES('instance','joqi673kzccy5br6dllallub55');
INSERT INTO meta VALUES('mode','production');
INSERT INTO meta VALUES('catch_all','elm');
CREATE TABLE wrapped_keys (
  purpose TEXT    NOT NULL,
  clinic  TEXT    NOT NULL,
  version INTEGER NOT NULL,
  created INTEGER NOT NULL,
  retired INTEGER,
  sealed  BLOB,
  audited INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (purpose, clinic, version)
) STRICT;
INSERT INTO wrapped_keys VALUES('fields','',1,1795461570402890,NULL,X'77726170706564',1);
CREATE TABLE clinics (
  id      TEXT NOT NULL PRIMARY KEY,
  rank    INTEGER NOT NULL,
  name    TEXT NOT NULL,
  body    TEXT NOT NULL,
  removed INTEGER
) STRICT;
INSERT INTO clinics VALUES('elm',0,'Elm Street Paediatrics','{"ID":"elm","Name":"Elm Street Paediatrics","Zone":"America/New_York","Hours":[{"Days":[1,2,3,4,5],"Start":480,"End":1020}],"Open":{"Steps":[{"Name":"desk","Schedule":"","Tier":0,"People":["amy"],"Mode":"together","For":20000000000}]},"Closed":{"Steps":null},"Greeting":"","Announce":"","LastResort":"last_resort","Record":true,"Suspended":false,"Holidays":null}',NULL);
INSERT INTO clinics VALUES('oak',1,'Oak Avenue','{"ID":"oak","Name":"Oak Avenue","Zone":"America/Chicago","Hours":null,"Open":{"Steps":null},"Closed":{"Steps":null},"Greeting":"","Announce":"","LastResort":"last_resort","Record":false,"Suspended":false,"Holidays":null}',NULL);
CREATE TABLE numbers (
  number TEXT NOT NULL,
  trunk  TEXT NOT NULL,
  rank   INTEGER NOT NULL,
  clinic TEXT NOT NULL REFERENCES clinics (id),
  answer TEXT NOT NULL,
  PRIMARY KEY (number, trunk)
) STRICT;
INSERT INTO numbers VALUES('+12125550100','',0,'elm','at_once');
INSERT INTO numbers VALUES('200','carrier',1,'oak','when_agent_answers');
CREATE TABLE trunks (
  id          TEXT NOT NULL PRIMARY KEY,
  rank        INTEGER NOT NULL,
  name        TEXT NOT NULL,
  body        TEXT NOT NULL,
  secret_cell BLOB,
  secret_set  INTEGER,
  removed     INTEGER
) STRICT;
INSERT INTO trunks VALUES('carrier',0,'Carrier','{"ID":"carrier","Name":"Carrier","Identity":{"CertNames":["trunk.example"],"CertRoots":"","Addresses":["192.0.2.0/24"],"Digest":""},"Suites":null,"NumberFrom":"","Caller":"","Country":"","MaxCalls":0,"MaxRate":0,"Exceptions":null,"Advertised":""}',NULL,NULL,NULL);
CREATE TABLE people (
  id         TEXT NOT NULL PRIMARY KEY,
  rank       INTEGER NOT NULL,
  role       TEXT NOT NULL,
  active     INTEGER NOT NULL,
  name_cell  BLOB,
  phone_cell BLOB,
  body       TEXT NOT NULL,
  paused     INTEGER,
  paused_why TEXT,
  removed    INTEGER
) STRICT;
INSERT INTO people VALUES('amy',0,'agent',1,X'6a79e7883644661969f4ac843e1cb0c1a29fc673289fbbb081e3437daa15f0e1',NULL,'{"Active":true,"ID":"amy","Role":"agent"}',NULL,NULL,NULL);
INSERT INTO people VALUES('wu',1,'clinician',1,X'eb90c1852e6de49a2cff8b0e0780d39e0d2661bac925ff7cd17cbdfe8f836f',X'6e0d76e3fdd14987c86b5be92c88e20a9f917bfc9d7210ba17d1b356','{"Active":true,"ID":"wu","Role":"clinician"}',NULL,NULL,NULL);
CREATE TABLE devices (
  user        TEXT NOT NULL PRIMARY KEY,
  rank        INTEGER NOT NULL,
  person      TEXT NOT NULL REFERENCES people (id),
  md5_until   INTEGER,
  secret_cell BLOB,
  enrolled    INTEGER,
  last_seen   INTEGER,
  revoked     INTEGER
) STRICT;
INSERT INTO devices VALUES('amy-desk',0,'amy',NULL,X'6a82da2a4b33199d66adb1a2eca3d5a615d21fceadeb33fe45a7',1795461570524352,NULL,NULL);
CREATE TABLE schedules (
  id      TEXT NOT NULL PRIMARY KEY,
  rank    INTEGER NOT NULL,
  clinic  TEXT NOT NULL,
  removed INTEGER
) STRICT;
INSERT INTO schedules VALUES('agents',0,'elm',NULL);
CREATE TABLE schedule_versions (
  schedule TEXT    NOT NULL REFERENCES schedules (id),
  version  INTEGER NOT NULL,
  made     INTEGER NOT NULL,
  author   TEXT    NOT NULL,
  body     TEXT    NOT NULL, reason TEXT NOT NULL DEFAULT '', correlation TEXT NOT NULL DEFAULT '', book INTEGER NOT NULL DEFAULT 0, edits_in TEXT NOT NULL DEFAULT 'body',
  PRIMARY KEY (schedule, version)
) STRICT;
INSERT INTO schedule_versions VALUES('agents',1,1795461570404970,'amy','{"ID":"agents","Clinic":"elm","Name":"Agents","Zone":"","Layers":[{"ID":"day","Tier":1,"Mode":"replace","Windows":null,"Holidays":null,"As":"","Rotation":{"Anchor":"2026-11-02T08:00:00","Every":1,"Unit":"d","Members":["amy","nobody"],"Advance":"","Terms":null}}],"Overrides":null,"Edits":null}','','',0,'body');
INSERT INTO schedule_versions VALUES('agents',2,1795465694279137,'amy','{"ID":"agents","Clinic":"elm","Name":"Agents","Line":"","Place":"","Zone":"","Layers":[{"ID":"day","Tier":1,"Mode":"replace","Windows":null,"Holidays":null,"As":"","Rotation":{"Anchor":"2026-11-02T08:00:00","Every":1,"Unit":"d","Members":["amy","nobody"],"Advance":"","Terms":null}}],"Overrides":[{"ID":"o1","Kind":"assign","Person":"wu","Tier":1,"Start":"2027-01-01T00:00:00Z","End":"2027-01-01T01:00:00Z","Created":"2027-01-01T00:00:00Z","Reason":""}],"Edits":null}','cover','req-1',3,'rows');
CREATE TABLE overrides (
  schedule TEXT    NOT NULL REFERENCES schedules (id),
  id       TEXT    NOT NULL,
  rank     INTEGER NOT NULL,
  person   TEXT    NOT NULL,
  starts   INTEGER NOT NULL,
  ends     INTEGER NOT NULL,
  body     TEXT    NOT NULL,
  removed  INTEGER,
  PRIMARY KEY (schedule, id)
) STRICT;
INSERT INTO overrides VALUES('agents','o1',0,'wu',1798761600000000,1798765200000000,'{"ID":"o1","Kind":"assign","Person":"wu","Tier":1,"Start":"2027-01-01T00:00:00Z","End":"2027-01-01T01:00:00Z","Created":"2027-01-01T00:00:00Z","Reason":""}',NULL);
CREATE TABLE book_versions (
  version   INTEGER NOT NULL PRIMARY KEY,
  made      INTEGER NOT NULL,
  author    TEXT    NOT NULL,
  summary   TEXT    NOT NULL,
  body_cell BLOB    NOT NULL
, reason TEXT NOT NULL DEFAULT '', correlation TEXT NOT NULL DEFAULT '', base INTEGER NOT NULL DEFAULT -1) STRICT;
INSERT INTO book_versions VALUES(1,1795461570405397,'amy','{"clinic":3,"device":1,"number":2,"person":2,"schedule":1,"trunk":1}',X'a3174bdb30b8b54a9883910b66f1118384b32c88b7cebcc39e84bce6e3f3ad59e50adf6e32fd7c16ef82574c7d22fa5d84e321e5f6b284453ced8cd03feafd510773f7828e55a7d27dc5193700bf9b6cd0b6d4051b212caf15f8e2aa1494e6164d4b9ac3c3d2431f66d6d023479a0988231f9b61928af4285d18f26586410921c56ad5b4d0fd2de6aac5f814bed42cf80f7838faafe07f108121156182d90a09122d11a7b1eb94328fc614a47efeac17ab3293efe437b8174648d248335ad5c70a8efd6cd76529b72ae9641451ed1ac3deaea669c00ce13e49761c9f899cc2fe31869a4e91bd089259d1f3c990d8fdfa65e1b1d8817470b43c34c4aea17c24bdccedf8a60b6680ef561f2f6009d06b5cb88c847c57fac7137254fda33a5cb0f29258330229fedc02a679a1975cffe4f39b1fbe8b7ba2bb7b333c6a483912190cb487a8f583f7daaf41bb7fd5036575980bdb851d85496e19ef30305992f6088b4fe241dd46556fd72fb0558c8169e828b5c4e932d9ac76180c046660d0175a99cba635ff9861d3017020a4cc223710154044c00f898c8386084155c33d2bb830b89212d1bfdc2b8307425cdaf91660cbf988d8f81c035c6e38a0a15ccdbe35437a1e695d740569bf92576943df7bc06e4ed652d874ff052ed66837d71286faf442ae5b2a1412ae35eb6dd157f400032123bead2cf620a6d3059a607499e4ad254d483f24ae8beec8bbbdd1a8c42c56d206e675e111474c9d59976690cca6c92727dac4583e83ae65f11955b97b9d609171640174b20b1f5e3d8183d2a434459fd16f59eb22db68a162c3afff2aeb239e7f3374ba74debfad70364f799c6a6a15d2e30eb01d842fe653f320177d0e73f220c5e07d99b7a4718281dbbfb0c41c5de3d856268d7cf3ecb8dd558dc172fb8ba5b1c21ec0397b7b34061b2a5efad13f6a766db6712db6206af6cc9b137d54acd3761a8abd2d78340b8e4fada01ea995dc7b8495dcfb4b7b6be859e6917238c8eaf8b625a4bb840f86239694248dce38f9a470b2e3d3ca9c0bf12293655ddcdf1cb1fdc1d789a2cb593d20e0cc48375af295d469fac3dd2a477eb263bec77e4698223397bd8f6286ea7a66f824693d83e64e95aeffc49986b577503345e4cd0817df6f79751765621294d8b69125fdcbb0f77b97e68caad07640a3af53cf0d86f1cad43deb707c51d98ddc2aae78c38de6e9251f393d429fba8243db738da6fb956bfde1eba23e59407a7cac2a7b2d08c06c66e552785126e0c4ce7925c3746aa7ecd3beb8c89720b98fec206cf3c0ef255001a29320779f3d12bfc9cfd1ce43202fb93c7e0b3d0cd873f24a89f60d10b59f4f93d8ff967a51526567b4efbed4be476bdf320a942e3c963ff98d67c9d01d086aa043e8a727d145ade1627740fc4559b544b44dbdacbe3f51b21387e3b14691fcc4e2e54e16430de542bff0eac9829d8b782afa924a4d105575633718a2587d837ed8ed74457567d73560fcfbd6e066e6d133cdc9e0f9db8b26c033f10cf9d49716ec8596c076c1f4747e9c8c31e4b4124887efc41687e390fe77240e816a02ef968172cafe82eb18564ebd2ca168256f1276eb3e7562033df7eceae2b42ca4c86253b04e8753d7e37ab18a1927f0ae98206a35f112bacd74a9ed4adbedd2017d6cae1ddd435ffd4e93d9af5e074771577e314d040130f968f1f1c4d9e1ea59241242413c209a656fb76e82ab2b96d6faedffcdd4c5ed94d3b52e012ff5b2864156a0e1f5a6f1b843d7ae316d858f68ef23ca82c15f2a18ff6699d8f02aac110f70f52d224b055eabe6687bb5cb56ee803b7ff1e1e306a8cf7afee1111f2c442497825001a8abba5a52d3d1b02f2f9ae447e4a1c71e09018b143f3e3ef4a185c6e93b91670a57eb7a4879fb24f0c52e798867af9af3c056fda21dc69dba13c08cb240491eda73e24f94876a511b6b739f6736842c8b3603a08a64d00559576cc5ec7af609efedc99d250b2901b6cae8973a0312e82f48b0b77792655b2022f5c4748c866a7e78f3035616183599f2cdf58ab3fc9195044a214fe1c8d1ac06ae3b9607782681ea768bda2f6e7c71b880c4f1c9727182279980a835882e882900ff432587c295c94ff645f15e723ecc9cb730320457e06d220d915ac0edcc2d752dc56aacdf1e4fd2af8959e6a2a719a375f1e766c1f5d3c885ab0588284475c4649f2d29209cd77e9d61b8dafdee212c08825f91ce2aa681525d35341f7e71bd6dba90301e22eb3fbca32fad7acd47a4a156c2a9a0e7264ca67cbe62c151908de80666e521a9dce602cf5da006fd5d39b35fb029bb10a15df56808ffd22dc9947cc1797b31d512e5042fdf45ad798de95c18bbe1eb508e5c67d787709ae40b7a2f7d5d8f03236ec2f643b3d7de1b41cc47aa1b2b2d7c36ae3e9bef059ea2628e690c51fd895eb5b43f43318720868fc7922c12797893e2aa9ed5851f0e5c45ad1e485dae42ff42f89e00f5e5ef7a765557644926958297753bd5e9f9142ac20dcfe5f5cbc0a7128819f4193d9a5319c4424e3e23426d8d8db8e3ac9172c9697843a2b4ef1aa5d79e47d4f9868cc37c909196cba45c4d4cb4316209e0811f4ac9e9','','',-1);
INSERT INTO book_versions VALUES(2,1795461570525285,'amy','{"device":1}',X'06f9cc4f0e88ab42a2f75cc870bd3e40390f9c9930950621a76d13a57afa57cf63bd3cf3ca6acbd31b7ac5f819d33f9866de5802fa27ee9e540857062b20b98d633d869f1164bec149cb8ca29d6cb1dc6b9c8903a8767bb4a2dcc05465405d8aa449030e00323cb733c6b10ef09edeae0b48e9e3b43a471f49c2c6b2d0a94f09d69c04ce9b3db48ba38df700f311ea130fe3a26239f7b781addbc560edca1c66dcf20913309febb9b8dd0ced75a939578dd546eee17d8e4a1ee608cf828d5499bea3bd37019aa947726e5bee7b040675c53fb627e349119176ebe8f1f8deefb82dfe85fc5105433b77e5bc41cec06752045627439742173a3ac2b1e724237087592641b61c650ff6472a13c80e2e3eaffa79dc07a7e81aa72b9ad024d62146c9285df054e8356ddc9e25e41691b6e0bae831cf68b99992d4d84f0e907701b46753974918ad28a8d2ca406e3a2a53bbb0544a4fbd2e5178da2dbc77e548b7e5c9065c3ea417d4355cf127c9c5651b634a14a0d9ba553669c8a91f5fe37c5dd35c29da48ead53d7a3a557e4686a706aeb4318677370c8696564a3c06564298652230a52ecfb81f125919a813816fabd7ed92f273260dae2611d621e998cf653be23e926f1a5f6cf354816c2e055d29c7b4ade1c74a1190adce73e69fa8e86ef2ff2a0c349d6a384a4e5bab53eda29e11f513c95eab5d8c76a3e15bf0cca645b762535299e5930ce10746aa101fece50185ca8559455fa26832ec53a5fb173ffbf4fa7fa4858e38b29262f373ceda7a0e0649765f2d87bac85e4b8879fae760b2727cea420af3231deaa8eaa6e626e4c08dc0f13c18b2ee779cb6a4970d40a6f06c27ebe84797f91b25fc180dc3ce914804a1167db78a64d3bf36a451350184ae195d2d37237c087827fd76def9b1384e781969c948232c17f8e3f84a659370eee3717f09cf7e1dff46621ddbd2a0256bf10174b80f623a093a5260d1a813ff8411bdb38f6a3afcc16523961a7acfc520051ebe82f7785687997e865c1ce5e3f7843b340f2d30c44a6146170e53b3f1209c1c95627cb3ce0a73367ddeee57e626d686fec8e57d863a9cf058eed5fa9adfffa3c079c3ad43bdfc4fa2d123f2f9ad7956bcb91337b58f2834121e806435bf5707dbcf880a4e9eb544ab7c1e17999f8e9c65f91cd8d9ca99922eac0a9a5e3c4e417452ceb13c491d7b2c8f23252d09f46d4d0e10392c457b79e737667544a5983dfa8cedd8f5582f0659107ff9088e5d3fc5a1e2268d97af1a1f4677d1034b829251b1ed3c46c8e522d801df6451ae00b44cbfa84a9457468846b79e1d7c53de3199a028c50912fedd28f62783c1a434a9e397fbc2662eb3e58749909e4bfa53954ef44d26a3c224072e490154b73b7219ccf92cc096ef0b6d6f9fd4aef77378260179c065e38c567cf83a13839e98477200fe76fc4251fdf124e1e311f8a12eb477752e909cec13e961e2bb1aa8e61b10a3d6c9b500e340e5ae7e0b8fea9b42315f03cbc71fe07d61bc53abf71d5a2e66bde4659372dd19227c7598ec52ca448fc5e0a18c07221dc16644b4985e086cca5e8bb7bc3715f6cd7a47cc94cc2fc8f992517fbb09463565ba5849a6f66ec52e6d5ed436a67deaee757b589c6ed0559fffe6bf663585ac8144eed3f172b33629e1837612df3bf9c0fb45a79d35139e51db361180f7b27d8564cb20f35cbdfe44bf47350a7e66968cb50d21d3585e1366720356d0333d5b42bbf97123c4c888dda653ee722dcc51fd156282e2f1686175279e5194acc5b851edbdcb172f00ff49b77a43c4870df57703b323c364a7b807f268a95aa7e8655f35d026b2e7295189fc2db62cf910129435e123168c0c4eacb0c837f70b73f3f049718aade23e6c6b18672f1a4feeaa29bf01b60448c580472d0207da006ce4155de278b32c0b8453cb6ecda4da78f5e2c375039fcae39cfa91b2643c1366c3600f6d596e5920fd6cbbd359411664cc565e335a75e2352599f1f695db485dd077c7561bbc86e9fdfff5843b2b6dd0fc6c38f3d1b17dd298f586c371594a04398a5de5b3283eb8ece21057ec96ef10d540abf0bedfa2cca2be0e567640324f282319711c1126f0710f3945f1fa46557de134596792fd6b9931a858b08afb991719fe8981880e874cd3890170eec25bef4b5d042f00db56dfea190f4a7f362e5fc024313cd8bdc138634c59c3f83dc2937ce85276d83fe586aaf277b980263236a3870a4cf95162f3ec98edb158bf2d247e441c4b63464d0b5d309bb4b46aba15a1f4d968148c67ae56ad8f851c6cc92d0d4b155eac6908cd1ec591600505d115433a2ac143982fd3d78a9516007aeba0cf7e173456bee3e33ca323232660150de4647f58ecfc1ff611d7e9c9d04d035bdfc629e199eb6b7abb493f92e51fc72c9b09cb121e7a2f3d52a10abfc819b667c4e99f0deb30dde45b409c4bdf890c990cfd2db4cfc5c40cd1d396f3bc0162a321e9d880fbb8b812def83e5cba92a1e8e2a262121be082def165b39d7a9a82e80d6e007191a47cc48d889a6149af11fcfd65646be7e31adf160f60c64b6fe7878c7a33720632f0e5c54f98f0793b8f2896c27d143ac50e74786a9f','','',-1);
INSERT INTO book_versions VALUES(3,1795465694280122,'amy','{"edits":1,"schedule":1}',X'34b1553b15c8c7869cd9ea68bdcdc1c706ffba16c5fcea2b63a9e2e5dd9b9fdf388df8f94916d28ef9724cacaf33544f590a7d08f48e907b18ba9553d5dc551cf6afc0919a55790e46d3cd596068bc360249476a2eb3470174dcab3ceca42efc50834bad643a9ef589cec589cdac421ce9f246cc9e2d6608f67aa09f0344a79b0f38853b283ecb8172dd9772ed887f68320a4b20ab74652754aa02df47486f56f25612a75367f854bc9316d7a51ffaaafefb5581b986471417603cf061b304027537f4154e08496b6776eaa60618d9b34c50e98a1b1ccfde2cf10a0996a9ffa00591b77c166059db783d04be0f7d91e26c149ce16d24ec726700924e16e6ca2cd7fc1dc76f623ace37fe61a215a74ff3805681334ce37b3614b056bb196b91782959e2c51abba04a6f1ffb1e306b5e06c973e75aba11c676044b285c44b352dc0bc6b4a55c907b4765b72cb0cb6ec21f42030c9cbb5d0914d4552b468263134ac79e818f70154cc25812a8e959e48d9cc311d733e2ce67407f2084b60c924d7f40c013125ec251297122eac4be7b01b9f79d18c1039fc930e810f37f34cac07ecbdc10b079b864f623ed2e5fd3fe14eff09105c538b575206a5aa4865ecdbc442c25f87d03fe7e8685f8f302fb4f355391ec771c1045625934202324f2751cee907a51cb96e1d2b7b84d6a03aea6ab8c2d66714d23bb42518b7c507ab1de04d0799bb736e507084ff2817e197c6cdbc48dbf71efd930681e2c37a1a119166a2b8167506db165aef6c2cb1c9f00b48fdcfa65073d42332ae2d46f41203d3247d09730929cd16be6ee0a9d4098ca53fc2f6c76eabb10ba386e9bcc013eedcae92f9d728f42d16d6615f6b445ed9bd57203a58f6fcef6acde14df8d6793e64a3e1098a95b7b6b396d10e57dd4ad6a824ee1a32688611891dbca94526c4a4c7018e4d4e4dabe4f51b214a8ba4a014ce96c077cbf80e965f5ed6a4604f291fa2ca946894990dc08bea83f4c3143cd3b4d9e1cb2951d8efb8f92e797db3854d1b10fa39a68f585abda9f1c5ff1c5fb5223a8e5906bc34ae1ce7754815a7fc5c9437a49e6db89d0b2a41aa1b1aa71d224acfd0d6eb9d3fc5cd62c3ea143c984e3f2fa385af9015f9edc655068d1f899dfc413df9a4e9f7ab6c69f8300694e3c5ea13f7421ecb93ead9aa9660c23df8d62a7d69ef7855c5e24efdb167b3c6c35b7668aa03182ea9c07a81463d97ee68efba701e03b3b64664f564e6ef54c073bd21a4e74ebcd437f9f441b48635cf54c4ef467ef310f8eaca82e2315b51fdbc9429020ba6118d4b048e8ad56a1b21ba2ee824458a002250f8e1dc84a209ea9e5b3b605eb0a9f7cc12145e2ea9180860de68f2f8ea0e6f99c0432de1b71f49f524d6562156f1fe4085409326ff51e57461a40f7c83ae94fcd8995c32760d5965427c62832aaf886f360196b06886682d02b626a6b54f16cc2809e9b7c005341f260ca97cb21c3a623ab13e8895b492092cdce455d6286f8a2f6f54c2118e27701334c692c3c2ff8bb87029fd7b8e1cab73aad1d8b9f5a250f8c93d5428ddd3aee82584d87ab34d0d7efd0105b9159bfb690020f15fd5445aea65a37ea588c47b57b3f7572eb5d4e19988617123c5700952b9dc7cf0c064b57612406dc3e5e86ca4f4aa13c14cf7224e17f1d0da85a4882b5fc73dce2153158192a85347d11cc07ca2c417d57c02f147c0b2056b459fc3cf03e3af33bdc9e06499d5991c0c1e4506f8dc7a1410a77a347edd7fef16832e22601b117f00910f861c08def9d1e16fad755707c70c5a32d844d691c97f5902c9fee89d2b83b46bd3815eb0017d85b1cbaf2cbf297c8d315608f3ff4ebe222ca0fb4b8f3563392626f3fbd70b68db83271076b36d67386e617db071d1c235074164ec9dd14f0dc5ce0d72fd022d06dc8d6b5592809801ece3cf9ed5aa2f287215e5052c0fef39c14a1555a68c928cc7be4b695598766b622a9e189ea2f87ab0268e2119964565dc17d39c74830011e328246277c8b01d6d90f228031fd1d629e2e41b842fab07543d190dcca9f1b1f6ed4cb','cover','req-1',0);
CREATE TABLE calls (
  id           TEXT NOT NULL PRIMARY KEY,
  state        TEXT NOT NULL,
  clinic       TEXT NOT NULL,
  trunk        TEXT NOT NULL,
  trunk_name   TEXT NOT NULL,
  known_by     TEXT NOT NULL,
  protection   TEXT NOT NULL,
  from_cell    BLOB,
  from_index   BLOB,
  dialled_cell BLOB,
  plan         TEXT NOT NULL,
  rules        TEXT NOT NULL,
  arrived      INTEGER NOT NULL,
  answered     INTEGER,
  ended        INTEGER,
  outcome      TEXT NOT NULL,
  by_whom      TEXT NOT NULL,
  served       INTEGER NOT NULL,
  recording    TEXT NOT NULL
, index_version INTEGER NOT NULL DEFAULT 0) STRICT;
INSERT INTO calls VALUES('c1','ended','elm','carrier','Carrier','certificate trunk.example','TLSv1.3',X'c2f2e2113a9be7a5fc13b621fab1a9a8e43305930c782e8a50bde7fe',X'd05c4491dc66a6508a20f3043c66e5e9',X'7a709f1769dd3a68779e7842cf93855f5f7a6580261253f5e94cf7a9','{"clinic":"elm","clinic_name":"","number":"","open":false,"answer":"","record":false,"steps":null,"last_resort":"","version":"b1","zone_data":"","at":"0001-01-01T00:00:00Z","because":["open"]}','b1',1795402800000000,1795402805000000,1795402860000000,'completed','caller',1,'r1',0);
CREATE TABLE legs (
  call     TEXT    NOT NULL REFERENCES calls (id),
  n        INTEGER NOT NULL,
  user     TEXT    NOT NULL,
  person   TEXT    NOT NULL,
  invited  INTEGER,
  answered INTEGER,
  ended    INTEGER,
  cause    TEXT    NOT NULL,
  code     INTEGER NOT NULL,
  sound    TEXT,
  PRIMARY KEY (call, n)
) STRICT;
INSERT INTO legs VALUES('c1',0,'','',NULL,NULL,NULL,'completed',0,'{"Codec":0,"Suite":"","Received":3000,"Sent":0,"Lost":0,"Duplicate":0,"Reordered":0,"Late":0,"SSRCChanges":0,"Events":0,"AuthFailed":0,"Replayed":0,"Plaintext":0,"WrongSource":0,"Malformed":0,"Oversize":0,"SendErrors":0,"Jitter":0,"RoundTrip":0,"FarLost":0,"FarJitter":0,"MOS":4.4,"FirstHeard":"0001-01-01T00:00:00Z","LastHeard":"0001-01-01T00:00:00Z"}');
INSERT INTO legs VALUES('c1',1,'amy-desk','amy',1795402801000000,NULL,NULL,'completed',200,NULL);
CREATE TABLE call_events (
  call TEXT    NOT NULL,
  n    INTEGER NOT NULL,
  at   INTEGER NOT NULL,
  kind TEXT    NOT NULL,
  leg  TEXT    NOT NULL,
  data TEXT,
  late INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (call, n)
) STRICT;
INSERT INTO call_events VALUES('c1',1795461570525951,1795402800000000,'arrived','caller','{"trunk":"carrier"}',0);
INSERT INTO call_events VALUES('c1',1795461570525957,1795402800000000,'planned','','{"clinic":"elm","version":"b1"}',0);
INSERT INTO call_events VALUES('c1',1795461570525958,1795402801000000,'rang','amy-desk',NULL,0);
INSERT INTO call_events VALUES('c1',1795461570525959,1795402805000000,'leg_answered','amy-desk',NULL,0);
INSERT INTO call_events VALUES('c1',1795461570525960,1795402805000000,'bridged','',NULL,0);
INSERT INTO call_events VALUES('c1',1795461570525961,1795402860000000,'finished','',NULL,0);
CREATE TABLE recordings (
  id          TEXT NOT NULL PRIMARY KEY,
  call        TEXT NOT NULL,
  clinic      TEXT NOT NULL,
  part        INTEGER NOT NULL,
  previous    TEXT NOT NULL,
  file_id     BLOB NOT NULL UNIQUE,
  file_name   TEXT NOT NULL UNIQUE,
  header_hash BLOB NOT NULL,
  wrapped_key BLOB,
  key_version INTEGER NOT NULL,
  state       TEXT NOT NULL,
  opened      INTEGER NOT NULL,
  live        INTEGER,
  ended       INTEGER,
  records     INTEGER NOT NULL DEFAULT 0,
  samples     INTEGER NOT NULL DEFAULT 0,
  sha256      BLOB,
  transcript  BLOB,
  reason      TEXT NOT NULL DEFAULT ''
) STRICT;
INSERT INTO recordings VALUES('4337vj6kntd6rnml4bh3tq7cv5','c1','elm',1,'',X'01010101010101010101010101010101','b.nbr',X'0101010101010101010101010101010101010101010101010101010101010101',X'777261707065642063616e617279206b6579',1,'live',1795461570527590,1795461570536165,NULL,0,0,NULL,NULL,'');
CREATE TABLE tokens (
  id      TEXT NOT NULL PRIMARY KEY,
  hash    BLOB NOT NULL UNIQUE,
  name    TEXT NOT NULL,
  scopes  TEXT NOT NULL,
  clinics TEXT NOT NULL,
  made    INTEGER NOT NULL,
  expires INTEGER,
  revoked INTEGER
, person TEXT NOT NULL DEFAULT '') STRICT;
INSERT INTO tokens VALUES('tafdt52d4z4tjkmye7vdaior3u',X'bb5a4f42142dbeffec33f65285d7e67c29bb8382e670d18a299ac2c5689e5b5c','hers','["calls"]','[]',1795472396058281,NULL,NULL,'amy');
CREATE TABLE audit_leaves (
  seq         INTEGER NOT NULL PRIMARY KEY,
  at          INTEGER NOT NULL,
  action      TEXT    NOT NULL,
  object      TEXT    NOT NULL,
  clinic      TEXT    NOT NULL,
  actor       TEXT    NOT NULL,
  correlation TEXT    NOT NULL,
  leaf        TEXT    NOT NULL
) STRICT;
INSERT INTO audit_leaves VALUES(0,1795461570403060,'key.created','key:fields/1','','nightbell','','{"action":"key.created","actor":{"id":"nightbell","type":"system"},"facts":{"purpose":"fields","version":"1"},"object":"key:fields/1","outcome":"done","seq":0,"time":"2026-11-23T19:19:30.403060Z","v":1}');
INSERT INTO audit_leaves VALUES(1,1795461570404473,'clinic.changed','clinic:elm','elm','amy','','{"action":"clinic.changed","actor":{"id":"amy","role":"admin","type":"person"},"clinic":"elm","detail":"8/MaM0+39sCpBXtypKkaknKpMPkaqPJ26XhMEJrYmi9Bam03LcyApEBdvQM7TjKD4BBqE70DHbQnD8q3izrF7aZ/BIrBX4NonOksDncG6L5uYitzd+djOBy1bTzGekEIOrw+T3Oyiwifk6/n0/2XUbF3KOEJEihAkHI68c3myvp4nW9cdTLsdaDyTnyaOnjfG1JhXy04JmVHVRXLzwjawYlS4LzetkR6ZQlUia4YmpO3mdC8n2TqiifV38+22pTN6w6qeuKYlYMIs/FBYGD5ZDq/ET5QgLAxSyGs1LmFd20VK91XXhcqzhvXMFZBSVOkW4SG5Gq41H6V4wwNoqt4SyZyvZh4Frr38mwJAs+n3x9GK/hBWaEJLvGT47jHOBO41mQiN56E7n8IQIB83373vydI8kErYjY7/0mh8GfVjBFOXz/+fSOMizhOxt6AQwQ1MIUmHG91371CXFaoSPtIWSV9knhxJ53RfK+kDWDk5PfeXQ0xpHjXqZZV8KTIlNoyms9FHLtggWPs8eSGL9n8svqZ","facts":{"change":"added"},"object":"clinic:elm","outcome":"done","seq":1,"time":"2026-11-23T19:19:30.404473Z","v":1}');
INSERT INTO audit_leaves VALUES(2,1795461570404508,'clinic.changed','clinic:oak','oak','amy','','{"action":"clinic.changed","actor":{"id":"amy","role":"admin","type":"person"},"clinic":"oak","detail":"yO4uOUiCUskJA7xc50iOusLfT2vFCFC/GrYmweE5UA3zcXTaMn2aumPrgf4x5LhUirKr86RtMbTEhrr8eDIs1aU6LGFy+jBn7Jf4nXxyi84JGXkdLr2HoHPCHMmGDd/2COqXObM3DrvZ1jhczV98i2aD3BcXEF6PQhLaEitvCio24tuBSooj9D/+DiHuMS54NoT4oEWDzaG7ucK/eJtiOwRMaYSTLfgmLXGO50QZBk67Z7BD8lImV5MCgw4V/q5g5Ac5ldvBnk2fEusGBDlxrvNWgI7y29CPS8GYowY90LrGMeHesLZOppIu/2m1sW6s3BYEaCV0Rj3j42dhDQf+iR6HRcc=","facts":{"change":"added"},"object":"clinic:oak","outcome":"done","seq":2,"time":"2026-11-23T19:19:30.404508Z","v":1}');
INSERT INTO audit_leaves VALUES(3,1795461570404595,'trunk.changed','trunk:carrier','','amy','','{"action":"trunk.changed","actor":{"id":"amy","role":"admin","type":"person"},"detail":"v9EeG4UVbgU42GY5b0jO3FTMoZX6bgRl6IQlmYQbbcwusD2eL5tjFpOOsCPVAVRu3t4VuO87IhkBU+/8pv57NNFDW9E7xHLXtmzMcNtxPeGcjXPg4piPMKJYxXGhoO7SCQGkjwb9okXfqIJwb5ba3450ZoyPz1rf+zgGr5jhJ4N3jaVN8JRw7lZtAQ7QN1c1n8nJUwrGg7pA1uPc5ZVPdUGPYWXxfSIlMqzJx47xQC7FGN/RMpwNDajQaUNt6wuDfte23Ia7GWKWfvQ8LsCREWIF5Vfs4wIwVcpMtqYFDwdbMm2DjDDQduC+AffUXD8ctdJ0Qa6mX7YTjMEgC69Vh8YT2w4f9KbsEM15Iat1vwsXTZL+H020WpnKVBqO/Q==","facts":{"change":"added"},"object":"trunk:carrier","outcome":"done","seq":3,"time":"2026-11-23T19:19:30.404595Z","v":1}');
INSERT INTO audit_leaves VALUES(4,1795461570404702,'person.changed','person:amy','','amy','','{"action":"person.changed","actor":{"id":"amy","role":"admin","type":"person"},"detail":"9bB6EvIFgV09sDiNTqiGy/H8WtPQ+TYl+4kjZUp89q10AAoRPpWTIPorPzA7ut3EO8JS12UACPSu8tt/u6tuij9fZNy0P/3RO7VyFWKSI3FHXvGyr+YkIbSc5EAVbKQSQKqDo5u0RjPZN0d6p+nHzy6vpc4QW9CRo530Z3dU2g==","facts":{"change":"added"},"object":"person:amy","outcome":"done","seq":4,"time":"2026-11-23T19:19:30.404702Z","v":1}');
INSERT INTO audit_leaves VALUES(5,1795461570404723,'person.changed','person:wu','','amy','','{"action":"person.changed","actor":{"id":"amy","role":"admin","type":"person"},"detail":"tuenv3lc1r6LFWOjbRL6iEF2qRZOqSXiYoighOmSX7j7/zYOqj3t5BK9NucMiLz0U/Vler1f2R3rWmIV91aw9wl3oMb6mb17+q1HKJVt2DvlFX46vVKoMJHkyyBwZrPdgmjkmjobkz4KawZRZ1ipIATppgdyNVu4XCBfCQINoIJesdzM+XoM2PvgICqR","facts":{"change":"added"},"object":"person:wu","outcome":"done","seq":5,"time":"2026-11-23T19:19:30.404723Z","v":1}');
INSERT INTO audit_leaves VALUES(6,1795461570404779,'device.changed','device:amy-desk','','amy','','{"action":"device.changed","actor":{"id":"amy","role":"admin","type":"person"},"detail":"gNMhMV5oQfZut31fEXFtvp60F5gJ3ysHT+InhkK3YSBJZR1bWMtPutkljQGAQezOG8XkmorM4o0NU328CJXUfCA8tTu0Tpt36V9uvWGnOdelZwok9dWwAe8OuJieQYUsQBbwtvH+nisQOTBU","facts":{"change":"added"},"object":"device:amy-desk","outcome":"done","seq":6,"time":"2026-11-23T19:19:30.404779Z","v":1}');
INSERT INTO audit_leaves VALUES(7,1795461570404815,'number.changed','number:+12125550100','elm','amy','','{"action":"number.changed","actor":{"id":"amy","role":"admin","type":"person"},"clinic":"elm","detail":"xOyJPXLUwVDbH4/OqTDKZ1w25Cep9jMw+9j8uuK9go24ysl1e/BOdJvdgw7rIM0cZl5SUFGDxWu9yqVVZNvYYy7PrLyQepILkbHRVLHOlibiNBqNWf18yh2Q18kJP5Z83DzEfAZ6DXwc+fX43HY=","facts":{"change":"added"},"object":"number:+12125550100","outcome":"done","seq":7,"time":"2026-11-23T19:19:30.404815Z","v":1}');
INSERT INTO audit_leaves VALUES(8,1795461570404845,'number.changed','number:200','oak','amy','','{"action":"number.changed","actor":{"id":"amy","role":"admin","type":"person"},"clinic":"oak","detail":"GK51gsbCebPR2kYiXHhsLvD6JGkgjCA8Dp4MWnQJVHbMjtQlTsDkkGdVRnAQA54l9LXk2nllTZIsf6bqHlDOWHqQw8KIf9FkkHE92c/UDYPdNrt5GKFjn/kamw1jvTgrKicw+V0QxNGO4h/Wg8lGfE+k9GSl6JE=","facts":{"change":"added"},"object":"number:200","outcome":"done","seq":8,"time":"2026-11-23T19:19:30.404845Z","v":1}');
INSERT INTO audit_leaves VALUES(9,1795461570405069,'schedule.changed','schedule:agents','elm','amy','','{"action":"schedule.changed","actor":{"id":"amy","role":"admin","type":"person"},"clinic":"elm","detail":"RdER4xHsAjbyKT3lzeX9h8/SbZw55i7KlKC2buH14osmxkz91kojfQIxZteKgF259c65x93R/z3mEQDcP/8txX0UsSotarHdjCIC5zD09u/zazc0GxvFdlqND3KDXPcnWxok7Jk9S904wtnRjuV1HyGJYPc5K3FdFcID6/K3zCJzSoCsa9BQsnp6c6FG0JVhHCVJCVX7bwihiHZ/3OwBOOIeCU6n9jPl0tZMEbia8JAP6XhPeyfqW5sBQSDOUXWhW2VaX8xjQNkYzWZLAzTw7tXr3mbSV69dxPwb40R1Z+O8VbTWX8cw8evWcsPyDa4Je3V6vqaNWUVifzNm8A9uxb815//K7kcBxML+uaW88lIsiELCCyUDgOscvIVfLFc/dZN7D/Pw2vQHM70RAdOEHHQgCyruwJu4tG8rCoWV11qbK9VpUvhlOIjWo28r7BB1tr0mpcCHVAr9smrvkQDlyibvPeVC49N4dAwP7DZdMfeHQ5paHptRqQIQpWB+ROZDK2GkQVW84uSf5sYcvb19E3agB+432otHSKdNjipgK8/BpiKsCi/xPLNEy63Vg8nmaGeRmMbEES5Pj9bPjjtgMdzhuwTv1Ub/yaBQ6XayfwX4tw1qyrKIfTCNPc5hjR8MyQu+3jr0","facts":{"change":"added"},"object":"schedule:agents","outcome":"done","seq":9,"time":"2026-11-23T19:19:30.405069Z","v":1}');
INSERT INTO audit_leaves VALUES(10,1795461570405114,'catch_all.changed','clinic:elm','elm','amy','','{"action":"catch_all.changed","actor":{"id":"amy","role":"admin","type":"person"},"clinic":"elm","detail":"RvNmRIfe+39Yg2Ql7fhRVKaST3ysD9JbNuu4sbUWhjrPK0YzkQ4rTuVE7g==","facts":{"change":"changed"},"object":"clinic:elm","outcome":"done","seq":10,"time":"2026-11-23T19:19:30.405114Z","v":1}');
INSERT INTO audit_leaves VALUES(11,1795461570405410,'book.applied','book:b1','','amy','','{"action":"book.applied","actor":{"id":"amy","role":"admin","type":"person"},"facts":{"after":"b1","before":"b0","clinic":"3","device":"1","number":"2","person":"2","schedule":"1","trunk":"1"},"object":"book:b1","outcome":"done","seq":11,"time":"2026-11-23T19:19:30.405410Z","v":1}');
INSERT INTO audit_leaves VALUES(12,1795461570524502,'device.enrolled','device:amy-desk','','amy','','{"action":"device.enrolled","actor":{"id":"amy","role":"admin","type":"person"},"facts":{"person":"amy"},"object":"device:amy-desk","outcome":"done","seq":12,"time":"2026-11-23T19:19:30.524502Z","v":1}');
INSERT INTO audit_leaves VALUES(13,1795461570525295,'book.applied','book:b2','','amy','','{"action":"book.applied","actor":{"id":"amy","role":"admin","type":"person"},"facts":{"after":"b2","before":"b1","device":"1"},"object":"book:b2","outcome":"done","seq":13,"time":"2026-11-23T19:19:30.525295Z","v":1}');
INSERT INTO audit_leaves VALUES(14,1795402800000000,'call.arrived','call:c1','','carrier','c1','{"action":"call.arrived","actor":{"id":"carrier","type":"trunk"},"correlation":"c1","facts":{"trunk":"carrier"},"object":"call:c1","outcome":"done","seq":14,"time":"2026-11-23T03:00:00.000000Z","v":1}');
INSERT INTO audit_leaves VALUES(15,1795402800000000,'call.routed','call:c1','elm','nightbell','c1','{"action":"call.routed","actor":{"id":"nightbell","type":"system"},"clinic":"elm","correlation":"c1","facts":{"clinic":"elm","version":"b1"},"object":"call:c1","outcome":"done","seq":15,"time":"2026-11-23T03:00:00.000000Z","v":1}');
INSERT INTO audit_leaves VALUES(16,1795402805000000,'call.answered','call:c1','','amy-desk','c1','{"action":"call.answered","actor":{"id":"amy-desk","type":"device"},"correlation":"c1","object":"call:c1","outcome":"done","seq":16,"time":"2026-11-23T03:00:05.000000Z","v":1}');
INSERT INTO audit_leaves VALUES(17,1795402860000000,'call.ended','call:c1','elm','nightbell','c1','{"action":"call.ended","actor":{"id":"nightbell","type":"system"},"clinic":"elm","correlation":"c1","facts":{"by":"caller","outcome":"completed","recording":"r1","rules":"b1","served":"true"},"object":"call:c1","outcome":"done","seq":17,"time":"2026-11-23T03:01:00.000000Z","v":1}');
INSERT INTO audit_leaves VALUES(18,1795461570527657,'recording.opened','recording:4337vj6kntd6rnml4bh3tq7cv5','elm','nightbell','c1','{"action":"recording.opened","actor":{"id":"nightbell","type":"system"},"clinic":"elm","correlation":"c1","facts":{"file_id":"01010101010101010101010101010101","key_version":"1","part":"1"},"object":"recording:4337vj6kntd6rnml4bh3tq7cv5","outcome":"done","seq":18,"time":"2026-11-23T19:19:30.527657Z","v":1}');
INSERT INTO audit_leaves VALUES(19,1795461570536224,'recording.started','recording:4337vj6kntd6rnml4bh3tq7cv5','elm','nightbell','c1','{"action":"recording.started","actor":{"id":"nightbell","type":"system"},"clinic":"elm","correlation":"c1","facts":{"file_id":"01010101010101010101010101010101","part":"1"},"object":"recording:4337vj6kntd6rnml4bh3tq7cv5","outcome":"done","seq":19,"time":"2026-11-23T19:19:30.536224Z","v":1}');
INSERT INTO audit_leaves VALUES(20,1795465694279409,'schedule.changed','schedule:agents','elm','amy','req-1','{"action":"schedule.changed","actor":{"id":"amy","role":"admin","type":"person"},"clinic":"elm","correlation":"req-1","detail":"eswZg/qQCr+qhbe8wfHol56W69NAGMxf9yuKc9UgRG0kuzdW1MsWbjcWAsU30fyk3m/rRsI8jQukOypULydcBh7vuoe/L8dxEpv7jVllauXi8LBUQMZaxa/5OeE8kMzscW9AXUPkFSXS4/TjgcgOyyccC3r/Bb2nAhOjkhQGEErXr4AmmbtV4Fn7nZWeTNt0fi4bg6nYPg8cz/fQRF8PVnJPPqcNF+21Z2UQwf8Za0IMA0iR5OApXpqc/xKEbKnDGvm4e29+zrlFblkB1fJCAlK7sFoupzdVcuEjtNTF6oxPDUspOCOE/bDBBW9zNxH8x9uraplDbUNuKErre46An72/YAHtCChWAvzRGogHDozjxG0cjGt+r5JJqGU4nJ19wZm/jsjjVnR/catRYc4a8EBwwYjxj8G1KcxNd0xgG0WUOT5FtaGkFO6YVxtI8frvwKVO67AkXEHGiRttOcVXmaKg5Bl+YLtGz6Qh5bUpes+gm+Edcvaqjh6vxpgbGReWwi1fMUZJaLLih46p/eNwRHXML8c=","facts":{"change":"changed"},"object":"schedule:agents","outcome":"done","reason":"cover","seq":20,"time":"2026-11-23T20:28:14.279409Z","v":1}');
INSERT INTO audit_leaves VALUES(21,1795465694279647,'people.edited','edits:people','','amy','req-1','{"action":"people.edited","actor":{"id":"amy","role":"admin","type":"person"},"correlation":"req-1","detail":"NwU3G90NLnO/YLesJytCzTAdvM3Y0/KWfFydrDT0Jd4dSWlDsWuQl+uttBTvP3JcVp+1W7BXR5J7gzj1AtrfMaMUwTTzCcVeCfaTdnyV+3VD2oeVTJwJwK5oD5ioWTmBK4WmUBVwUYp7W+VTUcAydpGCofviUh8OPiFA+QgBChgrAha3r27/3d2a84YRleVWnQy96M/cw5zePIuCKiXkrMgHiXn6KarIsVCOTiajcsVMXIPYUYIHym0/Na6+r8mYd4C1xyOWhToWxJtjULPt6cArM5osQk0L02tzdDkO1IktSHNbNCtAN7Sw/o/E74sk+fVs1uFMUSQbUEZV5hbcar2x3ZFTsooqHMjc23dZzvBGeJ3kaKBkOHSgLEWRNN5meFclwUQm2dqGdLy5c+Yh9Vo/KmPCr58SEgnTpn4sxD949GIFF5elXYD/kiwhCAI6h1fYo+RcVigF9IMfdGsb5N/puSewW4qKpiHWnli91X3Szw8MPr0QbK2czC/k2OminwXlinC/9YD7iafBXj8=","facts":{"change":"changed"},"object":"edits:people","outcome":"done","reason":"cover","seq":21,"time":"2026-11-23T20:28:14.279647Z","v":1}');
INSERT INTO audit_leaves VALUES(22,1795465694280260,'book.applied','book:b3','','amy','req-1','{"action":"book.applied","actor":{"id":"amy","role":"admin","type":"person"},"correlation":"req-1","facts":{"after":"b3","before":"b2","edits":"1","schedule":"1"},"object":"book:b3","outcome":"done","reason":"cover","seq":22,"time":"2026-11-23T20:28:14.280260Z","v":1}');
INSERT INTO audit_leaves VALUES(23,1795465694280467,'gap.acknowledged','schedule:agents','','amy','req-1','{"action":"gap.acknowledged","actor":{"id":"amy","role":"admin","type":"person"},"correlation":"req-1","facts":{"from":"2026-11-23T12:00:00Z","severity":"next_tier","to":"2026-11-23T13:00:00Z"},"object":"schedule:agents","outcome":"done","reason":"cover","seq":23,"time":"2026-11-23T20:28:14.280467Z","v":1}');
INSERT INTO audit_leaves VALUES(24,1795465694280632,'offer.made','offer:of1','','amy','offer:of1','{"action":"offer.made","actor":{"id":"amy","role":"admin","type":"person"},"correlation":"offer:of1","facts":{"after":"open","from":"amy","kind":"pool","schedule":"agents"},"object":"offer:of1","outcome":"done","seq":24,"time":"2026-11-23T20:28:14.280632Z","v":1}');
INSERT INTO audit_leaves VALUES(25,1795465694299662,'feed.created','feed:vl6ot2sop7w2oido54iimvjxtg','','amy','','{"action":"feed.created","actor":{"id":"amy","role":"admin","type":"person"},"facts":{"kind":"person","subject":"wu"},"object":"feed:vl6ot2sop7w2oido54iimvjxtg","outcome":"done","seq":25,"time":"2026-11-23T20:28:14.299662Z","v":1}');
INSERT INTO audit_leaves VALUES(26,1795465694314716,'ladder.began','ladder:l1','','amy','message:m1','{"action":"ladder.began","actor":{"id":"amy","role":"admin","type":"person"},"correlation":"message:m1","facts":{"due":"2026-11-23T12:00:00Z","kind":"message","state":"climbing"},"object":"ladder:l1","outcome":"done","seq":26,"time":"2026-11-23T20:28:14.314716Z","v":1}');
INSERT INTO audit_leaves VALUES(27,1795465694315900,'gap.began','schedule:agents','elm','nightbell','','{"action":"gap.began","actor":{"id":"nightbell","type":"system"},"clinic":"elm","facts":{"from":"2026-11-23T12:00:00Z","severity":"next_tier","state":"began","to":"2026-11-23T13:00:00Z"},"object":"schedule:agents","outcome":"done","seq":27,"time":"2026-11-23T20:28:14.315900Z","v":1}');
INSERT INTO audit_leaves VALUES(28,1795472396056537,'person.invited','person:amy','','root','','{"action":"person.invited","actor":{"id":"root","type":"operator"},"facts":{"expires":"2026-11-26T22:19:56Z","invitation":"ncckek565ldpskbigu7urusl3g"},"object":"person:amy","outcome":"done","seq":28,"time":"2026-11-23T22:19:56.056537Z","v":1}');
INSERT INTO audit_leaves VALUES(29,1795472396057220,'invitation.used','person:amy','','amy','','{"action":"invitation.used","actor":{"id":"amy","type":"person"},"facts":{"invitation":"ncckek565ldpskbigu7urusl3g"},"object":"person:amy","outcome":"done","seq":29,"time":"2026-11-23T22:19:56.057220Z","v":1}');
INSERT INTO audit_leaves VALUES(30,1795472396057979,'login.made','login:fyldw2b7foo5v4f765xct3i7xd','','amy','','{"action":"login.made","actor":{"id":"amy","type":"person"},"facts":{"factor":"totp","person":"amy"},"object":"login:fyldw2b7foo5v4f765xct3i7xd","outcome":"done","seq":30,"time":"2026-11-23T22:19:56.057979Z","v":1}');
INSERT INTO audit_leaves VALUES(31,1795472396058336,'token.created','token:tafdt52d4z4tjkmye7vdaior3u','','amy','','{"action":"token.created","actor":{"id":"amy","type":"person"},"facts":{"name":"hers","scopes":"calls"},"object":"token:tafdt52d4z4tjkmye7vdaior3u","outcome":"done","seq":31,"time":"2026-11-23T22:19:56.058336Z","v":1}');
INSERT INTO audit_leaves VALUES(32,1795472396058824,'proposal.made','proposal:proposal1','','amy','','{"action":"proposal.made","actor":{"id":"amy","type":"person"},"facts":{"by":"bo","kind":"grant","state":"open","subject":"amy"},"object":"proposal:proposal1","outcome":"done","seq":32,"time":"2026-11-23T22:19:56.058824Z","v":1}');
INSERT INTO audit_leaves VALUES(33,1795472396059249,'factor.added','person:amy','','amy','','{"action":"factor.added","actor":{"id":"amy","type":"person"},"facts":{"factor":"uwss54kjao2ylop4e6b6zmp7gc","kind":"totp"},"object":"person:amy","outcome":"done","seq":33,"time":"2026-11-23T22:19:56.059249Z","v":1}');
INSERT INTO audit_leaves VALUES(34,1795472396059631,'factor.added','person:amy','','amy','','{"action":"factor.added","actor":{"id":"amy","type":"person"},"facts":{"factor":"kyfyndnrusy3n74gobaat3mfr3","kind":"passkey"},"object":"person:amy","outcome":"done","seq":34,"time":"2026-11-23T22:19:56.059631Z","v":1}');
INSERT INTO audit_leaves VALUES(35,1795472396060025,'recovery_codes.made','person:amy','','amy','','{"action":"recovery_codes.made","actor":{"id":"amy","type":"person"},"object":"person:amy","outcome":"done","seq":35,"time":"2026-11-23T22:19:56.060025Z","v":1}');
INSERT INTO audit_leaves VALUES(36,1795472396060745,'grant.given','person:amy','','root','','{"action":"grant.given","actor":{"id":"root","type":"operator"},"facts":{"approved_by":"cy","clinics":"elm","grant":"z5nqxke4pvob7roxbs4yonmzkz","proposed_by":"bo","role":"agent"},"object":"person:amy","outcome":"done","seq":36,"time":"2026-11-23T22:19:56.060745Z","v":1}');
INSERT INTO audit_leaves VALUES(37,1795472396061157,'person.invited','person:wu','','root','','{"action":"person.invited","actor":{"id":"root","type":"operator"},"facts":{"expires":"2036-01-01T00:00:00Z","invitation":"c7niftzbuyqgf7duwq4xpcb3vm"},"object":"person:wu","outcome":"done","seq":37,"time":"2026-11-23T22:19:56.061157Z","v":1}');
INSERT INTO audit_leaves VALUES(38,1795472396061617,'agent.ready','person:amy','','amy','','{"action":"agent.ready","actor":{"id":"amy","type":"person"},"facts":{"device":"amy-desk","login":"fyldw2b7foo5v4f765xct3i7xd","until":"2026-11-24T10:19:56Z"},"object":"person:amy","outcome":"done","seq":38,"time":"2026-11-23T22:19:56.061617Z","v":1}');
INSERT INTO audit_leaves VALUES(39,1795472396062316,'proposal.decided','proposal:proposal1','','root','','{"action":"proposal.decided","actor":{"id":"root","type":"operator"},"facts":{"by":"bo","kind":"grant","state":"approved","subject":"amy"},"object":"proposal:proposal1","outcome":"done","seq":39,"time":"2026-11-23T22:19:56.062316Z","v":1}');
INSERT INTO audit_leaves VALUES(40,1795472396062685,'training.recorded','person:amy','','root','','{"action":"training.recorded","actor":{"id":"root","type":"operator"},"facts":{"course":"hipaa","expires":"2027-11-23T03:00:00Z","passed":"2026-11-23T03:00:00Z"},"object":"person:amy","outcome":"done","seq":40,"time":"2026-11-23T22:19:56.062685Z","v":1}');
INSERT INTO audit_leaves VALUES(41,1795472396062990,'policy.acknowledged','person:amy','','amy','','{"action":"policy.acknowledged","actor":{"id":"amy","type":"person"},"facts":{"policy":"phi","version":"2"},"object":"person:amy","outcome":"done","seq":41,"time":"2026-11-23T22:19:56.062990Z","v":1}');
CREATE TABLE audit_hashes (
  idx  INTEGER NOT NULL PRIMARY KEY,
  hash BLOB    NOT NULL
) STRICT;
INSERT INTO audit_hashes VALUES(0,X'ea678525987c4ad2ddface2560fd6bf802ae4f674e330d01e0271a1e74722f97');
INSERT INTO audit_hashes VALUES(1,X'e3dc29a467d87654fbe13c0028f3bfb7145277f3bada4ff1c5f27eaea131316f');
INSERT INTO audit_hashes VALUES(2,X'fb2b96eca5c215490d7947107b8676ecc5c52721f1113b7e0003a1ef177777e7');
INSERT INTO audit_hashes VALUES(3,X'e69b45ed663e46c326efd5c278addd8a4cbe92566529d9bdcebdaac101f6d273');
INSERT INTO audit_hashes VALUES(4,X'a169cb4ad35b9a4245c54469913355314e8edd7f2fb6d9c0391eaee75284b30d');
INSERT INTO audit_hashes VALUES(5,X'f79ece72386d906d4eb48de19b65ee07b68a7f0a1efbc794962bba78d9f4e798');
INSERT INTO audit_hashes VALUES(6,X'd74015490d6519b82a958e5e28d2d5e91d18c07f3193fec6c217ec4eae5adf26');
INSERT INTO audit_hashes VALUES(7,X'a06244521ed8803aec68cdb3eed777f185b18285959a52b68477af10a3d73296');
INSERT INTO audit_hashes VALUES(8,X'bb52e114643a0ca500be5a58dd8416d529e2b428e50d117341a929e76c92265e');
INSERT INTO audit_hashes VALUES(9,X'0d901d0a218739d9bf2384997985710bfabb54e7e7dc93257665394e1d2a9642');
INSERT INTO audit_hashes VALUES(10,X'4827721fb0d1defc84f41b24815b24152c0ccd071a63876a036cec5b4ac8cf00');
INSERT INTO audit_hashes VALUES(11,X'6674720409b530eb7c9dc0f95e690270fc46e8a2f3041aa3cf35289363ab39da');
INSERT INTO audit_hashes VALUES(12,X'da9ab2a3d96bfc664ddb0815ccd527c4ede5a17b33d6fd7aef637403b2b18358');
INSERT INTO audit_hashes VALUES(13,X'e7d767faa25c5a60d86654b0d3927b662dc3ed0c6883d5546266582cfad32d0a');
INSERT INTO audit_hashes VALUES(14,X'06cbf45c76423107260f4ad0b2bff27995fcdcbc7940df65817cbc5d48b5f8d1');
INSERT INTO audit_hashes VALUES(15,X'2e25861ceaf3e06d0b6aac20e36b43a8b5c38633fbcfaf240d9149f71738ca6b');
INSERT INTO audit_hashes VALUES(16,X'6fdbd57da6b3f35e2b13a0172aa24ce2f5f4bda1d5fb96b23ddf17123e17fd22');
INSERT INTO audit_hashes VALUES(17,X'efe7421ce39359d0507f41636236828440f48331bbe028383fbff67c5cc0196e');
INSERT INTO audit_hashes VALUES(18,X'e57a681913188c55734cbd1af7cada8d33276a9d958884b9c4a0a62ac03d4e5d');
INSERT INTO audit_hashes VALUES(19,X'b99550f98b4620c5be9fd0dab214e022ea61878e15a450a7d7dba3c063218f63');
INSERT INTO audit_hashes VALUES(20,X'c3191c162391e2cdd923d980977c055d0787b7a5076212bad9bf9c6413f9b930');
INSERT INTO audit_hashes VALUES(21,X'04fe023c3d22b3af594bc113a4bae51f53b93000414e8f82fb75a08e160d29ca');
INSERT INTO audit_hashes VALUES(22,X'5830e1030939f2cdb262896447f99211fa47196752a2c841eb91115657cff496');
INSERT INTO audit_hashes VALUES(23,X'36f0700da51fca7bf0c5f751c7d80758e9e37e0477d362d56d597dce972029e0');
INSERT INTO audit_hashes VALUES(24,X'a79b419461dccec9de1b8669a655f450461519b2f972ae84c64b369368399307');
INSERT INTO audit_hashes VALUES(25,X'5e73640d5fa70f1425e89749a8e2ccbf019c495079ff5adb945124cf06ad4476');
INSERT INTO audit_hashes VALUES(26,X'8e38f2d21f2dd4da02e4a4c2dd7fbf8f58e09d92e1c5df49e172f3c197372645');
INSERT INTO audit_hashes VALUES(27,X'4b6072eaed092aa805b131aaaa6554b137f6d9ec23a8021783d392cf47d5d471');
INSERT INTO audit_hashes VALUES(28,X'd56d4378771d3eb7e5112a82b56b24cda4c2754efd12724772d363e640b0e9f3');
INSERT INTO audit_hashes VALUES(29,X'61934da851ad348f02e8a2a9bfd9eb9784030cb798b9f8df88d3f8e8037f38c6');
INSERT INTO audit_hashes VALUES(30,X'3a2071a401b68e1769eaa9deeafc3797b31c6d0265c518f252cb6203b1c60864');
INSERT INTO audit_hashes VALUES(31,X'46e1dafc9ced72d7ccc979592ca653df795f3a66a7e5d8272dd50154fd76ec91');
INSERT INTO audit_hashes VALUES(32,X'24cbedfea13dae10ad4d2c72a9aecf22d56d32ca03bc9e4d39e12826226007b2');
INSERT INTO audit_hashes VALUES(33,X'15bf34cabf62e07cd00bf0414badc1b20fae4db09ff33f60d2630c6d62a720bc');
INSERT INTO audit_hashes VALUES(34,X'b16f23c6be23b75eeb97a700db8e1a2bec1dc30d53c90d0033730588da2f2ea7');
INSERT INTO audit_hashes VALUES(35,X'0d01481116261ec1858796e8a2c0274b61945b39019f087920589d148d134f4a');
INSERT INTO audit_hashes VALUES(36,X'cc5e87a50e9b9bfc0740e38b2b7f463fa9be89897d15f7e2f9f4e34f943aeaf6');
INSERT INTO audit_hashes VALUES(37,X'82e90aa1ca83a33a4c219ac30efb8500f04ed75252e3bad4e1796a4acfde6147');
INSERT INTO audit_hashes VALUES(38,X'd6cd4fddfc3dce7a35c63432a374027de53565147e720e433ad53b5da3d4e114');
INSERT INTO audit_hashes VALUES(39,X'6c162288d5952a731d38bcf4bf15ee1f17a470eb9c0a538b6438bb18d0da9af7');
INSERT INTO audit_hashes VALUES(40,X'ba022f73120a60de0c36aaff5af12e3747b92f245ea3dba23e02fdb99deaafa5');
INSERT INTO audit_hashes VALUES(41,X'b01d4083ab3fe7f273dce1062046160604c5317df4f212589ff410882804f48e');
INSERT INTO audit_hashes VALUES(42,X'38eeb27d27ddf7548c497a0b84c4a78337e6fefa0c219c46e0a71675a6f0ce77');
INSERT INTO audit_hashes VALUES(43,X'43cc7686b813b278a2cb6906696aba0bb6ea123cc893abafb2bf27f9b208c05e');
INSERT INTO audit_hashes VALUES(44,X'2b7e7f9302e3da5858071cfbf30d44a9fb552c0eb5082dba1935d21a10c74b85');
INSERT INTO audit_hashes VALUES(45,X'e1048b7b312bf22d06336746691f3a929ddb6688672fac961a0987cd33c2f54d');
INSERT INTO audit_hashes VALUES(46,X'1f7433042a193815296fe9b3a53f60237fe6c9038ec45a9833276f2db9ff64d8');
INSERT INTO audit_hashes VALUES(47,X'04354b9ad6afd897c3002473142b94e4f1b36b57eb4ad52ce21157154da0cdb9');
INSERT INTO audit_hashes VALUES(48,X'203d2f4f2cf74815e934ab8b6f7a5b6602d476e70cd2fd7c7ec3fc2185e7c94c');
INSERT INTO audit_hashes VALUES(49,X'eede3dd75e0a8aee4186141f5617aea3d28b2b0b863a9045d5a342b152cf3928');
INSERT INTO audit_hashes VALUES(50,X'ebbf886b54c1eccb5bf0482964b48bdd8a7b589bd83f23018111b335975abaeb');
INSERT INTO audit_hashes VALUES(51,X'c952ed9cd9415fea61174b46af224256bc784e77d5c997cd3a620d8e78d090bb');
INSERT INTO audit_hashes VALUES(52,X'd8dc85b6f342f96968c383e5377eb9ddb0aa86310506bca5b0141a3d9720402e');
INSERT INTO audit_hashes VALUES(53,X'9aef2c0f11209e38dabe61be6ec0c0ddbb21e7b7e1c9c0328b4deea4c414d50c');
INSERT INTO audit_hashes VALUES(54,X'10cda84fc5f2601c753ac839dd6bfffaef71a162d619d35bcbdf9ea55332f66c');
INSERT INTO audit_hashes VALUES(55,X'4750baa8e56b0c7cb0d912e1e510649548e3524c88aff47654c44eaa8c93c826');
INSERT INTO audit_hashes VALUES(56,X'70031eff7b5bea60cbd07f371b2111b67af479c368372bc0f2c9a57c24c7aaa6');
INSERT INTO audit_hashes VALUES(57,X'3181462609f0e29c133aefe7c3fa8b4b27d73800763266120f4319df6f4d134b');
INSERT INTO audit_hashes VALUES(58,X'fa3261f25d09211a1a8e1130b16d50229f29f7eb0bed10614c8a6da5a8076677');
INSERT INTO audit_hashes VALUES(59,X'dbd03887c10460f3d0796b1c941bfd1e962be954615f5e762dd055ef064812e6');
INSERT INTO audit_hashes VALUES(60,X'18e58ef559e2d4adc32e00a8f4573ea99fa01c418f2f8d550eba0c624e0cec24');
INSERT INTO audit_hashes VALUES(61,X'8c651b54652fe67deb88eb9ba926892d3c2354f90b9c05389f3b1e2b1da8e97f');
INSERT INTO audit_hashes VALUES(62,X'de86582bfa598bb490b6b4a960bc3fc9c9c092802b072bfbb963f8c4585ad21a');
INSERT INTO audit_hashes VALUES(63,X'cb48a3928c15b6bea0cd69b2b99eda5a0a28578072ff55fc4304ee9defec6fa8');
INSERT INTO audit_hashes VALUES(64,X'8946832d854b732079827352869de02cf093789c117020931979ebfb24b3df6f');
INSERT INTO audit_hashes VALUES(65,X'c7af46d1e30b440b65a5c7b8f09b14c69546094151c01b529bb877be2b2fa25b');
INSERT INTO audit_hashes VALUES(66,X'701d97ba23984e0f27e80b37ea688c1748675976c2927ad67360802f6bf99b6b');
INSERT INTO audit_hashes VALUES(67,X'dbe4c9b9e6731a7fda3f1bc58e6fe5ee3a29eec0a7cd74668bf01e0e1e9b2ba5');
INSERT INTO audit_hashes VALUES(68,X'7353599dadaf9380331ec2432e1f9d3d4a806a809707aabeadc898bbd9fed6da');
INSERT INTO audit_hashes VALUES(69,X'e2cf977b7ec4e65b51d652ef43ee740ecc35de126d2938ba64fa84a16915e4a9');
INSERT INTO audit_hashes VALUES(70,X'0e6982ea4500ee950441b7028b58b853a16a75b99d9bdac7a2f25055fe3f76d9');
INSERT INTO audit_hashes VALUES(71,X'31cf9151b24e55ef39d6edf6ee75948752d2d0024f9ff6dfcfdfae035baefc4c');
INSERT INTO audit_hashes VALUES(72,X'85e95f34f777a8908a6ca35144d2cc79eb6767fd236ecf47fcf4a130bdffedc4');
INSERT INTO audit_hashes VALUES(73,X'1acd15c8ae3b9dda911abec4686061920bbe83235152791c33f1f4e3bc0ce976');
INSERT INTO audit_hashes VALUES(74,X'3a3311a0350f50c540ed9e162d6552a7a5ce0ac6f95fb622f7802725afa6eb2c');
INSERT INTO audit_hashes VALUES(75,X'f9e32eaa02c922945ac9ab5028480e322314f535d0af67a9697c6ce4d620cbb3');
INSERT INTO audit_hashes VALUES(76,X'93900aa30f4fffa72963ee269cf4d65ca6d2a9855970c25bb8e4e9838568bb98');
INSERT INTO audit_hashes VALUES(77,X'8545e2a574c72346d0d98bbcd98073d63443ae0260116a626a83e6049d1f9592');
INSERT INTO audit_hashes VALUES(78,X'3d687838b216d54e833cbf3b4ec9a4fc1ad42054429f38f274a3f4a02ec2982f');
INSERT INTO audit_hashes VALUES(79,X'72ae037b8c62385c38e825006e0496ed1e2203a5e9084af399462dda7525d4f2');
INSERT INTO audit_hashes VALUES(80,X'a2b9dee2ecddc780c4e0f075e7035805508d4ceeea20cbea7c4b9f1af8c1ce79');
CREATE TABLE audit_checkpoints (
  size INTEGER NOT NULL PRIMARY KEY,
  made INTEGER NOT NULL,
  note TEXT    NOT NULL
) STRICT;
INSERT INTO audit_checkpoints VALUES(1,1795461570403281,replace('nightbell/joqi673kzccy5br6dllallub55\n1\n6meFJZh8StLd+s4lYP1r+AKuT2dOMw0B4CcaHnRyL5c=\n\n— nightbell/joqi673kzccy5br6dllallub55 6xL8ceLSiYNnUH3NBv+bmIAUC92xuJa9XBTNC1zdpIlMyvdJHLwxUpKvaXE1o+EI82hFlkGMBdDur3VtawxWbsfdPQE=\n','\n',char(10)));
INSERT INTO audit_checkpoints VALUES(12,1795461570405512,replace('nightbell/joqi673kzccy5br6dllallub55\n12\nFYXm0yjLRcVPENRrRME/HYdvMUJjeGDyN5wfNRErjIk=\n\n— nightbell/joqi673kzccy5br6dllallub55 6xL8cafw+jVM+3tRRpyxaGzRvzBMCu7lCq4Wz27wAWbS4Gq3HjX5CNt6g8AGb/lnuezERvPvqSxgJKa8SG/RFHszKQo=\n','\n',char(10)));
INSERT INTO audit_checkpoints VALUES(14,1795461570525399,replace('nightbell/joqi673kzccy5br6dllallub55\n14\nq781QVhWS9xWZhIFEFfX3XnSv+BfqLyBunpd0PNDBmQ=\n\n— nightbell/joqi673kzccy5br6dllallub55 6xL8cb84Axw+g3tmGR7WmXMwGZ3cjh4DkJk+kqkdw3gv32W7zU/HDSMSriiSCgaddIQ7s4mogY7QnwmQwxL0F1lrRQc=\n','\n',char(10)));
INSERT INTO audit_checkpoints VALUES(18,1795461570527050,replace('nightbell/joqi673kzccy5br6dllallub55\n18\nmMSOQoCigI1JF2VFMrOoHEsf9PeeXtSwr6JF7YfZKO4=\n\n— nightbell/joqi673kzccy5br6dllallub55 6xL8cV08hxp0JjaklGreIQ8k3SBARsiv+P5bOOjQves6aMqhT/QRJATnHPFHi7mTZRwqxpHg3tdQ42YtQpRfrDkO7wc=\n','\n',char(10)));
INSERT INTO audit_checkpoints VALUES(19,1795461570527723,replace('nightbell/joqi673kzccy5br6dllallub55\n19\n30b2666/z0Zn0OuRYgHgObYhjY2zq2G3Lg+j05k1apc=\n\n— nightbell/joqi673kzccy5br6dllallub55 6xL8cW3hgxGmspibpz9b6lsewT3X7OeAnEFCBuLKZYYZ8v6c4aFGRCzO52s3JdOQqroFnVUE64WK2RfnpsT1j7niGQU=\n','\n',char(10)));
INSERT INTO audit_checkpoints VALUES(20,1795461570536336,replace('nightbell/joqi673kzccy5br6dllallub55\n20\niqeR6TGA4ZphD/KRLqQARJYILLTg1/jWvZ0is9A/Bt0=\n\n— nightbell/joqi673kzccy5br6dllallub55 6xL8cWanxIoMBRLbrdgs1b0Vk8R/22ytTZGVIREUmFRDN2kVFpEctiguYoHcQKKIoY1H3Wt6Dt4cz+Uri+8cFFb+twc=\n','\n',char(10)));
INSERT INTO audit_checkpoints VALUES(25,1795465694280767,replace('nightbell/joqi673kzccy5br6dllallub55\n25\nF8aEcOeMbnj8vgDuP+Qwa2IVyTyVClPUREiR4tHf+IM=\n\n— nightbell/joqi673kzccy5br6dllallub55 6xL8cTAAQ+PBZu8R6KbPc8w0b6+Ijm0yClfHW6YCJCSUyUmo/pQV793iruZQFPhtkMTQc1JNrOtpjS2uMOnLXYE1TAw=\n','\n',char(10)));
INSERT INTO audit_checkpoints VALUES(26,1795465694300197,replace('nightbell/joqi673kzccy5br6dllallub55\n26\nK8TBgHaRf+iwsJ5T8m7FmmKzaSYpcumNAjv6LPyHbsk=\n\n— nightbell/joqi673kzccy5br6dllallub55 6xL8cfYWsve0wJmvwFJCJ6YabUW5wygOYl2IpRZSakZjIXBq9zW/FUzsOlDEfs0L992Sa0vEX6+KJS1yzKuVuN0i6Qo=\n','\n',char(10)));
INSERT INTO audit_checkpoints VALUES(27,1795465694314906,replace('nightbell/joqi673kzccy5br6dllallub55\n27\n9OJaWbo6yCrMDGHFge/pDZThnaDJAAo515LNTrmEEvM=\n\n— nightbell/joqi673kzccy5br6dllallub55 6xL8cRhgsOrcJ/v6Lha/WrjOveyN1qB2NT4hhIW0lFZGY6kNo5uYK0LqzvQ4W3HR5uKgxZZnqnroZXPuUWHL8nQPiA0=\n','\n',char(10)));
INSERT INTO audit_checkpoints VALUES(28,1795465694315957,replace('nightbell/joqi673kzccy5br6dllallub55\n28\ngkIUhSHVuDuXZGLFlhPUfJaFDF0hY3HnJvZPduvX0/g=\n\n— nightbell/joqi673kzccy5br6dllallub55 6xL8cbnU5HzTImOdGJjA/bLfYIyBG3GSUEyaM8aHoh4Vo1SIWmbtZGtx4S87s4JXDzVlDyVIyMrmF4rqb2DizLE7zQU=\n','\n',char(10)));
INSERT INTO audit_checkpoints VALUES(29,1795472396056696,replace('nightbell/joqi673kzccy5br6dllallub55\n29\nADWC6r8b3x0aHWkUD6vOQB9IKlI5bowiG4UbUah03ZQ=\n\n— nightbell/joqi673kzccy5br6dllallub55 6xL8cYFWJIr2favuC4DmM0QcjQTrZ2Q0Y1DV/sNacbASf+/eilLsFM9/IAZOuZGnhxT4G8I1YlsMwdDPm048ndcaDw4=\n','\n',char(10)));
INSERT INTO audit_checkpoints VALUES(30,1795472396057262,replace('nightbell/joqi673kzccy5br6dllallub55\n30\nt42xpsDjeN9Vkkjhx7jdKjeoHLcKP+jam/BtZYEGbIg=\n\n— nightbell/joqi673kzccy5br6dllallub55 6xL8cQRH8byiBxpvd4V7l0bnf+dJQR5HWKXwHKx39/vFd06ZReg6jR86gv6Dz5+ESebOu+1OEAZXNI3UZjCc43GrHQg=\n','\n',char(10)));
INSERT INTO audit_checkpoints VALUES(31,1795472396058016,replace('nightbell/joqi673kzccy5br6dllallub55\n31\n27wlLQ0aN04Fjdoggt9v9iBD67grEpmdh744VBwtE18=\n\n— nightbell/joqi673kzccy5br6dllallub55 6xL8cYFkWnY1G5nd/0TDUEFi1jyRQli0t31wQEOBfyoAKcW6zUm2XS9yTxg1HkXjZBantTIZ/ptA4zTEmdRHQAZZNgM=\n','\n',char(10)));
INSERT INTO audit_checkpoints VALUES(32,1795472396058399,replace('nightbell/joqi673kzccy5br6dllallub55\n32\n3oZYK/pZi7SQtrSpYLw/ycnAkoArByv7uWP4xFha0ho=\n\n— nightbell/joqi673kzccy5br6dllallub55 6xL8cWjWeiy3F1N69RFvs2AEq0A0WXf0tF7dX8Qm2YDJG3dWUvWM5kic0F+yij7McrNbSGfWY5sEnnmIz+6kEe5IXwc=\n','\n',char(10)));
INSERT INTO audit_checkpoints VALUES(33,1795472396058858,replace('nightbell/joqi673kzccy5br6dllallub55\n33\nVIiakmJvKwdxMra1XrkIXB+SwG21LKWU5r9IzjvTHvc=\n\n— nightbell/joqi673kzccy5br6dllallub55 6xL8cbx3abHy2E5bmsUUMIJIxq5BttYJ1EuRfR9qLkRc8X2EVgtxMroqa9ikjmysRl7teHOxJ4yq414WJNlJzxZzdAc=\n','\n',char(10)));
INSERT INTO audit_checkpoints VALUES(34,1795472396059287,replace('nightbell/joqi673kzccy5br6dllallub55\n34\nMs5GRhOcnJH3jW+7Wz0z6kZ1VnySTF57hAvGJaYWgWs=\n\n— nightbell/joqi673kzccy5br6dllallub55 6xL8caweUESm5pS7jUth6DFm/lZWom80BekoUInJf/is/zNdBI8mhqhoiaXKi0bAgUBLCByWwK1mWIFBWYFBcZtWdgQ=\n','\n',char(10)));
INSERT INTO audit_checkpoints VALUES(35,1795472396059668,replace('nightbell/joqi673kzccy5br6dllallub55\n35\ngzP+OWMcGUwuya75GbHaK49Mf0p/sd3dZuIgkgPlM9w=\n\n— nightbell/joqi673kzccy5br6dllallub55 6xL8cSzu+KMPuqtY4Be6QtQTlVdZmk+knNgHTRn5O++oP7a4s2+P3QaS2H6/npDD86MsJFKdVaPvYAmCak0CIeLjEgU=\n','\n',char(10)));
INSERT INTO audit_checkpoints VALUES(36,1795472396060064,replace('nightbell/joqi673kzccy5br6dllallub55\n36\nBkX5sEhMbfV2DBc4gskOt0eKa0YyE8gdsvxI8PYcPRw=\n\n— nightbell/joqi673kzccy5br6dllallub55 6xL8cVRV6HolB9tL1RpQhmw6YQR6/ccAg0E7jZy663bMEdvHF3X+5BmgXf6UA53ftwmbDwK+HrJXS5qH2UFpX7WlwAI=\n','\n',char(10)));
INSERT INTO audit_checkpoints VALUES(37,1795472396060782,replace('nightbell/joqi673kzccy5br6dllallub55\n37\nCmxsfBC8MFDXbrYTcpG5UawmuXbGMr1Vz2nau5uzuyY=\n\n— nightbell/joqi673kzccy5br6dllallub55 6xL8cV+737LE9BarZAMt7kmaOWvkf1WpMSDJTMy3Ilp+A4ND3pRSf8/gn9d91pYRGhpqf65edsRqbvI94vw/96oEogU=\n','\n',char(10)));
INSERT INTO audit_checkpoints VALUES(38,1795472396061196,replace('nightbell/joqi673kzccy5br6dllallub55\n38\nAZRE1/KEmKMvXYJUpEHd385fJbYelCPgSIRbNttqNNg=\n\n— nightbell/joqi673kzccy5br6dllallub55 6xL8cc0YMLqwvEzW2pJgzqh0o3ITXr0Gu/zZXDgC3M5W6g2XpzX/XscsjTX42geHXLR9dgVjG0eZCMHV5PbiXOGjBQs=\n','\n',char(10)));
INSERT INTO audit_checkpoints VALUES(39,1795472396061652,replace('nightbell/joqi673kzccy5br6dllallub55\n39\nc8WZKmgap18Ao2DuY4bWsyBAR3cKL7GQ2XXBqWhD03I=\n\n— nightbell/joqi673kzccy5br6dllallub55 6xL8cVRjxAbOMpykWHW2qD62Ud6P4A8iiEGEe5h47OAWkzCKY7kHfRIaxerSOZ86kSWShrrvAMMstr6rDPCnfPvzhg4=\n','\n',char(10)));
INSERT INTO audit_checkpoints VALUES(40,1795472396062358,replace('nightbell/joqi673kzccy5br6dllallub55\n40\nHV2Cy/8SFxNmZ4rZ3cB2JsNd5iLqieiav1Cq9fw4bZA=\n\n— nightbell/joqi673kzccy5br6dllallub55 6xL8cbQgSLhoAsb2Dc+QJDVb+nyRn4e4AMzmf3o8FCJWkoQwqXV4uglFJfXwtHUw7rM+NkoAmzBzTgFKeu2gkSSUhQk=\n','\n',char(10)));
INSERT INTO audit_checkpoints VALUES(41,1795472396062721,replace('nightbell/joqi673kzccy5br6dllallub55\n41\nMJ4of7FggDsLy/07DWSuN0PZL1rZNrWq2PUnf88Xgjs=\n\n— nightbell/joqi673kzccy5br6dllallub55 6xL8cWB+KZWFcZpYiI5aOk4fBsq1dle7FT1zKQ/xEAUdZDpVPxCPnZEHHIob7A7ZrEwjjLITiZ+kJ1Nq00PbI2u2YwU=\n','\n',char(10)));
INSERT INTO audit_checkpoints VALUES(42,1795472396063022,replace('nightbell/joqi673kzccy5br6dllallub55\n42\nooQLTfdiwT30Qw1hTtV5Iv0znqqcWClsnDVdWSPOCXE=\n\n— nightbell/joqi673kzccy5br6dllallub55 6xL8cQgi/ZcFHi9A1bG4EPeoBCLHz9PXOOuWlLlb2KHQ+lZnYGsWXPGI2gVnLM+cw3U0SxNbGTtlj6jTpaBftoBlSAg=\n','\n',char(10)));
CREATE TABLE edits (
  schedule TEXT    NOT NULL,
  rank     INTEGER NOT NULL,
  since    INTEGER NOT NULL,
  till     INTEGER,
  id       TEXT    NOT NULL,
  body     TEXT    NOT NULL,
  PRIMARY KEY (schedule, rank, since)
) STRICT;
INSERT INTO edits VALUES('agents',0,2,NULL,'e1','{"ID":"e1","At":"2026-11-23T12:00:00Z","Do":"assign","Person":"wu","From":"","Cover":"","Tier":1,"Start":"2026-11-23T12:00:00Z","End":"2026-11-23T13:00:00Z","Effective":"0001-01-01T00:00:00Z","Layer":"","Members":null,"Anchor":"","Every":0,"Unit":"","Layers":null,"A":{"period":0},"B":{"period":0},"Shifts":null,"Filler":"","Of":"","Reason":"","Note":""}');
INSERT INTO edits VALUES('',0,3,NULL,'a1','{"ID":"a1","At":"2026-11-23T12:00:00Z","Do":"absence","Person":"amy","From":"","Cover":"wu","Tier":0,"Start":"2026-11-23T12:00:00Z","End":"2026-11-23T13:00:00Z","Effective":"0001-01-01T00:00:00Z","Layer":"","Members":null,"Anchor":"","Every":0,"Unit":"","Layers":null,"A":{"period":0},"B":{"period":0},"Shifts":null,"Filler":"","Of":"","Reason":"","Note":""}');
CREATE TABLE gap_acks (
  id       TEXT    NOT NULL PRIMARY KEY,
  schedule TEXT    NOT NULL,
  severity TEXT    NOT NULL,
  starts   INTEGER NOT NULL,
  ends     INTEGER NOT NULL,
  reason   TEXT    NOT NULL,
  author   TEXT    NOT NULL,
  made     INTEGER NOT NULL
) STRICT;
INSERT INTO gap_acks VALUES('gqwmjmw6tokmwbrqt5pgdhvlsv','agents','next_tier',1795435200000000,1795438800000000,'cover','amy',1795465694280364);
CREATE TABLE offers (
  id       TEXT    NOT NULL PRIMARY KEY,
  schedule TEXT    NOT NULL,
  state    TEXT    NOT NULL,
  closes   INTEGER,
  made     INTEGER NOT NULL,
  moves    INTEGER NOT NULL,
  body     TEXT    NOT NULL
) STRICT;
INSERT INTO offers VALUES('of1','agents','open',1795438800000000,1795435200000000,1,'{"id":"of1","schedule":"agents","layer":"day","kind":"pool","from":"amy","a":{"period":0},"to":null,"needs_approval":false,"state":"open","made":"2026-11-23T12:00:00Z","closes":"2026-11-23T13:00:00Z","events":[{"what":"made","by":"amy","at":"2026-11-23T12:00:00Z"}]}');
CREATE TABLE feeds (
  id      TEXT    NOT NULL PRIMARY KEY,
  kind    TEXT    NOT NULL,
  subject TEXT    NOT NULL,
  hash    BLOB    NOT NULL UNIQUE,
  made    INTEGER NOT NULL,
  author  TEXT    NOT NULL,
  revoked INTEGER
) STRICT;
INSERT INTO feeds VALUES('vl6ot2sop7w2oido54iimvjxtg','person','wu',X'166b24437c66258d60447c26348b04baeb918803e5898d611a50fcdd82d10309',1795465694299277,'amy',NULL);
CREATE TABLE feed_entries (
  feed     TEXT    NOT NULL REFERENCES feeds (id),
  uid      TEXT    NOT NULL,
  sequence INTEGER NOT NULL,
  starts   INTEGER NOT NULL,
  ends     INTEGER NOT NULL,
  hash     BLOB    NOT NULL,
  state    TEXT    NOT NULL,
  changed  INTEGER NOT NULL,
  PRIMARY KEY (feed, uid)
) STRICT;
INSERT INTO feed_entries VALUES('vl6ot2sop7w2oido54iimvjxtg','u1',2,1795435200000000,1795438800000000,X'01','live',1795465694301628);
CREATE TABLE ladders (
  id       TEXT    NOT NULL PRIMARY KEY,
  kind     TEXT    NOT NULL,
  subject  TEXT    NOT NULL,
  state    TEXT    NOT NULL,
  due      INTEGER,
  revision INTEGER NOT NULL,
  changed  INTEGER NOT NULL,
  body     TEXT    NOT NULL
) STRICT;
INSERT INTO ladders VALUES('l1','message','message:m1','climbing',1795435200000000,1,1795465694314614,'{}');
CREATE TABLE gaps (
  schedule TEXT    NOT NULL,
  starts   INTEGER NOT NULL,
  ends     INTEGER NOT NULL,
  clinic   TEXT    NOT NULL,
  severity TEXT    NOT NULL,
  state    TEXT    NOT NULL,
  changed  INTEGER NOT NULL,
  PRIMARY KEY (schedule, starts)
) STRICT;
INSERT INTO gaps VALUES('agents',1795435200000000,1795438800000000,'elm','next_tier','began',1795465694315802);
CREATE TABLE accounts (
  person        TEXT    NOT NULL PRIMARY KEY,
  state         TEXT    NOT NULL,
  password_cell BLOB,
  password_set  INTEGER,
  must_change   INTEGER NOT NULL DEFAULT 0,
  made          INTEGER NOT NULL,
  last_login    INTEGER,
  last_from     TEXT    NOT NULL DEFAULT '',
  terminated    INTEGER
) STRICT;
INSERT INTO accounts VALUES('amy','active',X'8ffdd09d523a9c6407b70737598ede9fe2fd51b8861bd4860dbeb015390fbb7ce9eca215f09235f225',1795472396057155,0,1795472396056328,1795472396057941,'192.0.2.1',NULL);
INSERT INTO accounts VALUES('wu','invited',NULL,NULL,0,1795472396061052,NULL,'',NULL);
CREATE TABLE invitations (
  id      TEXT    NOT NULL PRIMARY KEY,
  person  TEXT    NOT NULL,
  author  TEXT    NOT NULL,
  hash    BLOB    NOT NULL UNIQUE,
  made    INTEGER NOT NULL,
  expires INTEGER NOT NULL,
  used    INTEGER,
  revoked INTEGER
) STRICT;
INSERT INTO invitations VALUES('ncckek565ldpskbigu7urusl3g','amy','root',X'2aa1295243095d3a5cf6800c524f9a3c63ecc5fd4ff20124802a16b0db12bcb3',1795472396056328,1795731596056317,1795472396057088,NULL);
INSERT INTO invitations VALUES('c7niftzbuyqgf7duwq4xpcb3vm','wu','root',X'8d9d1d75b767f157d5abaad8d27e00647118b79a6b25540693cae8b2d49f5dec',1795472396061052,2082758400000000,NULL,NULL);
CREATE TABLE factors (
  id          TEXT    NOT NULL PRIMARY KEY,
  person      TEXT    NOT NULL,
  kind        TEXT    NOT NULL,
  label       TEXT    NOT NULL,
  secret_cell BLOB,
  last_step   INTEGER NOT NULL,
  made        INTEGER NOT NULL,
  last_used   INTEGER,
  removed     INTEGER
) STRICT;
INSERT INTO factors VALUES('uwss54kjao2ylop4e6b6zmp7gc','amy','totp','phone',X'4f89a711030dfee47eff92948514fdfb7ea67eb75e60369c',7,1795472396059153,NULL,NULL);
INSERT INTO factors VALUES('kyfyndnrusy3n74gobaat3mfr3','amy','passkey','key',X'89e9675607c5ec55c3e884c04fe8fda677445758fb349100cd5a870a5f4fdaf004accbae',0,1795472396059542,NULL,NULL);
CREATE TABLE recovery_codes (
  person TEXT NOT NULL,
  hash   BLOB NOT NULL,
  made   INTEGER NOT NULL,
  used   INTEGER,
  PRIMARY KEY (person, hash)
) STRICT;
INSERT INTO recovery_codes VALUES('amy',X'0e8f7f17837b687118dace07feef40dbf4a3a0ee67114f74bd5168ef5f55b3e3',1795472396060011,1795472396060388);
INSERT INTO recovery_codes VALUES('amy',X'550531708163ea1221f1ef8daf5d0096d6f5fe496782f6172d0cc24d48050205',1795472396060022,NULL);
CREATE TABLE logins (
  id         TEXT    NOT NULL PRIMARY KEY,
  person     TEXT    NOT NULL,
  hash       BLOB    NOT NULL UNIQUE,
  state      TEXT    NOT NULL,
  made       INTEGER NOT NULL,
  seen       INTEGER NOT NULL,
  stepped_up INTEGER,
  ended      INTEGER,
  why        TEXT    NOT NULL DEFAULT '',
  source     TEXT    NOT NULL,
  agent      TEXT    NOT NULL,
  factor     TEXT    NOT NULL
) STRICT;
INSERT INTO logins VALUES('fyldw2b7foo5v4f765xct3i7xd','amy',X'92e2526564191151ef2a76b66d0ad67259fd489a7f68f493a669dd14c4a626ed','live',1795472396057941,1795472396057941,1795472396057941,NULL,'','192.0.2.1','test','f1');
INSERT INTO logins VALUES('2litb7v6mxcneen2csrihqvzte','amy',X'ff821a8eb44fdde244aab17d0a4f4cad6837c159d3650bd57dc21c29ef46e9d3','pending',1795472396061921,1795472396061921,NULL,NULL,'','192.0.2.9','browser','');
CREATE TABLE grants (
  id          TEXT    NOT NULL PRIMARY KEY,
  person      TEXT    NOT NULL,
  role        TEXT    NOT NULL,
  clinics     TEXT    NOT NULL,
  since       INTEGER NOT NULL,
  till        INTEGER,
  proposed_by TEXT    NOT NULL,
  approved_by TEXT    NOT NULL,
  made        INTEGER NOT NULL,
  ended       INTEGER
) STRICT;
INSERT INTO grants VALUES('z5nqxke4pvob7roxbs4yonmzkz','amy','agent','["elm"]',1795472396060604,NULL,'bo','cy',1795472396060604,NULL);
CREATE TABLE proposals (
  id         TEXT    NOT NULL PRIMARY KEY,
  kind       TEXT    NOT NULL,
  subject    TEXT    NOT NULL,
  author     TEXT    NOT NULL,
  state      TEXT    NOT NULL,
  revision   INTEGER NOT NULL,
  made       INTEGER NOT NULL,
  body_cell  BLOB    NOT NULL
) STRICT;
INSERT INTO proposals VALUES('proposal1','grant','amy','bo','approved',1,1795472396058702,X'90c22ac7834322822e411fdd58287bc82170242802df9fe44aaa174df637ab40e59a25fd4176b14eebd0776a5285ca773893a073f01306e2fa5ee271138736b67de92976ea61dc236f19c6adcb847e408257e3088297a2f2c3895e8a5a945cab566141743186c7ce50346362285abf7e6a9fa818ec7d04362c164eba440ec2c6f7e8c0c979b66865bf6b1151ebc7f9582d083f0b019ad27e8a0011bb1333c761d19f6fbf4de10c1aa081dc4a490012968b2e724807ead032114ee189c63cac546ca68378503ed10b6be10eb4e5e6491d9ce429edcee002adc629c65984f375edd4c3eb916c5baa631952eac9beac29b18899325d9bb27a708d6792c4a05a7bb96f0a18c3c9d94886ddded477eeb6d3a41c2b43d9597915335ef39316bd2e02bc1d6ee1e626b32a1420fc3ab8e35c085b1a4eada858435a9e2a370ab662f40603b0a40451d088a0e2c4e976dc08f2bfe0d9de7dd7b25f5f070570b8a1c627d8b1eab0328f3207388b92757dde50047ee7ce514c10dc8172c2b5524ec714104e258c37a70c7dc8');
CREATE TABLE trainings (
  person  TEXT    NOT NULL,
  course  TEXT    NOT NULL,
  passed  INTEGER NOT NULL,
  expires INTEGER,
  author  TEXT    NOT NULL,
  PRIMARY KEY (person, course, passed)
) STRICT;
INSERT INTO trainings VALUES('amy','hipaa',1795402800000000,1826938800000000,'root');
CREATE TABLE acknowledgements (
  person  TEXT    NOT NULL,
  policy  TEXT    NOT NULL,
  version TEXT    NOT NULL,
  made    INTEGER NOT NULL,
  PRIMARY KEY (person, policy, version)
) STRICT;
INSERT INTO acknowledgements VALUES('amy','phi','2',1795472396062971);
CREATE TABLE readiness (
  id      TEXT    NOT NULL PRIMARY KEY,
  person  TEXT    NOT NULL,
  login   TEXT    NOT NULL,
  device  TEXT    NOT NULL,
  since   INTEGER NOT NULL,
  till    INTEGER NOT NULL,
  mode    TEXT    NOT NULL,
  why     TEXT    NOT NULL,
  clinics TEXT    NOT NULL,
  ended   INTEGER
) STRICT;
INSERT INTO readiness VALUES('a23rggvul5gry6d2tqrw6kfldm','amy','fyldw2b7foo5v4f765xct3i7xd','amy-desk',1795472396057941,1795515596057941,'full','','["elm"]',NULL);
CREATE TABLE audit_keys (
  version   INTEGER NOT NULL PRIMARY KEY,
  made      INTEGER NOT NULL,
  body_cell BLOB    NOT NULL
) STRICT;
INSERT INTO audit_keys VALUES(1,1795472396055677,X'd9d18a533aff18849e913a8324e217f0b7cd7628a45093826d48cc0b6b9be1aecc1276210fc34fcc1e4196e446113e2b3e44e1a864af354b7bd0235e4881fdcdfe3c07d4b66c2cbd6dd93ee1fd57206132c02fc2256bc0eef59ee753b5f5d2e57280b1fe48484a31c4fd60a762dc7aa8e243905315d386f3c78392a1039b');
CREATE TABLE detail_keys (
  purpose TEXT    NOT NULL,
  clinic  TEXT    NOT NULL,
  version INTEGER NOT NULL,
  details INTEGER NOT NULL,
  last    INTEGER NOT NULL,
  PRIMARY KEY (purpose, clinic, version)
) STRICT;
CREATE TABLE audit_epochs (
  epoch INTEGER NOT NULL PRIMARY KEY,
  first INTEGER NOT NULL
) STRICT;
CREATE TABLE audit_segments (
  first       INTEGER NOT NULL PRIMARY KEY,
  until       INTEGER NOT NULL,
  newest      INTEGER NOT NULL,
  file        TEXT    NOT NULL,
  digest      BLOB    NOT NULL,
  key_version INTEGER NOT NULL,
  sealed      INTEGER NOT NULL,
  removed     INTEGER
) STRICT;
CREATE TABLE review_items (
  id         TEXT    NOT NULL PRIMARY KEY,
  rule       TEXT    NOT NULL,
  actor      TEXT    NOT NULL,
  clinic     TEXT    NOT NULL,
  found      INTEGER NOT NULL,
  body       TEXT    NOT NULL,
  settled    INTEGER,
  settled_by TEXT    NOT NULL DEFAULT '',
  reason     TEXT    NOT NULL DEFAULT ''
) STRICT;
CREATE TABLE holds (
  id          TEXT NOT NULL PRIMARY KEY,
  kind        TEXT NOT NULL,
  object      TEXT NOT NULL,
  clinic      TEXT NOT NULL,
  reason_cell BLOB,
  placed      INTEGER NOT NULL,
  placed_by   TEXT NOT NULL,
  released    INTEGER,
  released_by TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE TABLE retention (
  clinic      TEXT NOT NULL,
  artefact    TEXT NOT NULL,
  version     INTEGER NOT NULL,
  days        INTEGER NOT NULL,
  made        INTEGER NOT NULL,
  author      TEXT NOT NULL,
  approved_by TEXT NOT NULL,
  PRIMARY KEY (clinic, artefact, version)
) STRICT;
CREATE TABLE disclosures (
  id             TEXT NOT NULL PRIMARY KEY,
  made           INTEGER NOT NULL,
  clinic         TEXT NOT NULL,
  kind           TEXT NOT NULL,
  object         TEXT NOT NULL,
  call           TEXT NOT NULL,
  author         TEXT NOT NULL,
  recipient_cell BLOB,
  purpose_cell   BLOB
) STRICT;
CREATE TABLE break_glass (
  id          TEXT NOT NULL PRIMARY KEY,
  person      TEXT NOT NULL,
  kind        TEXT NOT NULL,
  object      TEXT NOT NULL,
  clinic      TEXT NOT NULL,
  reason_cell BLOB,
  opened      INTEGER NOT NULL,
  until       INTEGER NOT NULL,
  closed      INTEGER,
  reviewed    INTEGER,
  reviewed_by TEXT NOT NULL DEFAULT '',
  verdict     TEXT NOT NULL DEFAULT ''
) STRICT;
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('goose_db_version',9);
CREATE INDEX calls_arrived ON calls (arrived, id);
CREATE INDEX calls_clinic ON calls (clinic, arrived, id);
CREATE INDEX calls_from ON calls (from_index, arrived) WHERE from_index IS NOT NULL;
CREATE INDEX calls_live ON calls (state) WHERE state = 'live';
CREATE INDEX recordings_call ON recordings (call);
CREATE INDEX recordings_opened ON recordings (opened, id);
CREATE INDEX recordings_open ON recordings (state) WHERE state IN ('opening', 'live');
CREATE INDEX audit_object ON audit_leaves (object, seq) WHERE object <> '';
CREATE INDEX audit_correlation ON audit_leaves (correlation, seq) WHERE correlation <> '';
CREATE INDEX audit_at ON audit_leaves (at, seq);
CREATE INDEX audit_actor ON audit_leaves (actor, seq) WHERE actor <> '';
CREATE INDEX gap_acks_schedule ON gap_acks (schedule, ends);
CREATE INDEX offers_state ON offers (state, closes);
CREATE INDEX offers_schedule ON offers (schedule, made);
CREATE INDEX ladders_due ON ladders (due) WHERE due IS NOT NULL;
CREATE INDEX ladders_subject ON ladders (subject);
CREATE INDEX gaps_open ON gaps (state) WHERE state IN ('found', 'began');
CREATE INDEX invitations_person ON invitations (person, made);
CREATE INDEX factors_person ON factors (person, made);
CREATE INDEX logins_person ON logins (person, made);
CREATE INDEX logins_open ON logins (person) WHERE ended IS NULL;
CREATE INDEX grants_person ON grants (person, since);
CREATE INDEX proposals_state ON proposals (state, made);
CREATE INDEX proposals_author ON proposals (author, state);
CREATE UNIQUE INDEX readiness_open ON readiness (person) WHERE ended IS NULL;
CREATE INDEX readiness_person ON readiness (person, since);
CREATE INDEX review_open ON review_items (found) WHERE settled IS NULL;
CREATE INDEX holds_object ON holds (kind, object) WHERE released IS NULL;
CREATE INDEX disclosures_made ON disclosures (made, id);
CREATE INDEX disclosures_call ON disclosures (call) WHERE call <> '';
CREATE INDEX break_glass_open ON break_glass (person) WHERE closed IS NULL;
CREATE INDEX break_glass_unreviewed ON break_glass (opened) WHERE reviewed IS NULL;
CREATE INDEX legs_person ON legs (person, call) WHERE answered IS NOT NULL;
COMMIT;
